/** Repeats of one warning are one: what is wrong seven times a second is told at once, and then once a minute with how often. */
import type { Log } from "./log.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A log that can be told that nothing more comes. */
export interface FoldedLog extends Log {
  /** Tells what was held back. */
  flush(): void;
}

const HELD_MS = 60_000;
/** A warning is the same one where these are: whose it is, not what it says of a request or of the time. */
const owners = ["run", "bucket", "ledger", "queueUrl", "messageId", "requestId"] as const;

/** Calls `act` after so many milliseconds, unless the process ends before. */
export type Later = (ms: number, act: () => void) => void;

const unheld: Later = (ms, act) => {
  setTimeout(act, ms).unref();
};

/** Warnings alone: what is an error, or happens once, is told each time. */
export function foldRepeats(log: Log, later: Later = unheld): FoldedLog {
  const held = new Map<string, { readonly message: string; repeated: number; fields: Fields }>();

  const tell = (name: string) => {
    const warning = held.get(name);
    held.delete(name);
    if (warning === undefined || warning.repeated === 0) return;
    const { message, fields, repeated } = warning;
    log.warn(message, { ...fields, repeated });
    hold(name, message, fields);
  };
  const hold = (name: string, message: string, fields: Fields) => {
    held.set(name, { message, fields, repeated: 0 });
    later(HELD_MS, () => tell(name));
  };

  return {
    debug: (message, fields) => log.debug?.(message, fields),
    info: (message, fields) => log.info(message, fields),
    error: (message, fields) => log.error(message, fields),
    warn(message, fields = {}) {
      const name = JSON.stringify([message, ...owners.map((owner) => fields[owner])]);
      const same = held.get(name);
      if (same === undefined) {
        log.warn(message, fields);
        hold(name, message, fields);
        return;
      }
      same.repeated++;
      same.fields = fields;
    },
    flush() {
      for (const name of [...held.keys()]) tell(name);
    },
  };
}
