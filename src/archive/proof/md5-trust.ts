/**
 * Whether a bucket's ETags are MD5s. Encrypted objects' need not be: then the archive refuses good bytes as BadDigest.
 * One such object says little, three say that the bucket is so, and from then on its bytes are proven by CRC64.
 */
export interface Md5Trust {
  trusted(): boolean;
  /** The archive refused by MD5 what the CRC64 then proved right. */
  falseAlarm(): void;
  /** An encryption header came with a false alarm. */
  encrypted(): void;
}

const FALSE_ALARMS = 3;

export function createMd5Trust(): Md5Trust {
  let alarms = 0;
  return {
    trusted: () => alarms < FALSE_ALARMS,
    falseAlarm: () => {
      alarms++;
    },
    encrypted: () => {
      alarms = FALSE_ALARMS;
    },
  };
}
