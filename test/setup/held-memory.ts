/** What memory is held once what is garbage is gone: of one moment it says as much about the collector as about what is tested. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
export const collectGarbage: () => void = runInNewContext("gc");

/** Looks that tell the same, one after the other, before it is believed. */
const SETTLED = 3;
const MOST_LOOKS = 200;

type Kind = "arrayBuffers" | "heapUsed";

/** Bytes. Buffers are freed by a thread beside this one: on a busy machine some time after they were collected. */
export async function heldBytes(kind: Kind): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let same = 0;
  for (let look = 0; look < MOST_LOOKS && same < SETTLED; look++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const now = process.memoryUsage()[kind];
    same = now < least ? 0 : same + 1;
    least = Math.min(least, now);
  }
  return least;
}
