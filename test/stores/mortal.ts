/** Buckets and a clock as a process sees them that may die: from then on nothing it asked for is ever answered. */

import type { Bucket } from "../../src/objects/bucket.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";

export interface Life {
  dead: boolean;
}

const never = new Promise<never>(() => undefined);

async function live<T>(life: Life, work: () => Promise<T>): Promise<T> {
  if (life.dead) return never;
  try {
    const answer = await work();
    return life.dead ? await never : answer;
  } catch (error) {
    if (life.dead) return never;
    throw error;
  }
}

const restoreOf = ({ restore }: Bucket): NonNullable<Bucket["restore"]> =>
  restore ?? (() => Promise.reject(new Error("nothing can be restored there")));

export function mortalClock(clock: Clock, life: Life): Clock {
  return { ...clock, sleep: (ms, signal) => live(life, () => clock.sleep(ms, signal)) };
}

export function mortalBucket(bucket: Bucket, life: Life): Bucket {
  return {
    name: bucket.name,
    region: bucket.region,
    address: bucket.address,
    offers: bucket.offers,
    get: (...request) => live(life, () => bucket.get(...request)),
    head: (...request) => live(life, () => bucket.head(...request)),
    put: (...request) => live(life, () => bucket.put(...request)),
    copy: (...request) => live(life, () => bucket.copy(...request)),
    ...(bucket.restore === undefined
      ? undefined
      : {
          restore: (...request: Parameters<NonNullable<Bucket["restore"]>>) =>
            live(life, () => restoreOf(bucket)(...request)),
        }),
    delete: (...request) => live(life, () => bucket.delete(...request)),
    list: (...request) => live(life, () => bucket.list(...request)),
    createUpload: (...request) => live(life, () => bucket.createUpload(...request)),
    uploadPart: (...request) => live(life, () => bucket.uploadPart(...request)),
    completeUpload: (...request) => live(life, () => bucket.completeUpload(...request)),
    abortUpload: (...request) => live(life, () => bucket.abortUpload(...request)),
  };
}
