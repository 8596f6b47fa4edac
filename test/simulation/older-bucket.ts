/** A ledger as a worker of an earlier version reads and writes it. */
import type { Bucket, ObjectResponse } from "../../src/objects/bucket.ts";
import type { Older } from "./troubles.ts";

/** It knows nothing of pulses and trials, so it writes neither; or the run's documents need what it can't do. */
export function olderBucket(bucket: Bucket, lacks: Older["lacks"]): Bucket {
  if (lacks === "pulse") {
    return {
      ...bucket,
      put: (key, body, options) =>
        /\/(pulse\/|control\/(first-archived|vain-))/.test(key)
          ? Promise.resolve({ status: 200, headers: {} })
          : bucket.put(key, body, options),
    };
  }
  return {
    ...bucket,
    async get(key, options) {
      const reply = await bucket.get(key, options);
      return /\/(request|run)\.json$/.test(key) && reply.kind === "bytes" ? needing(reply) : reply;
    },
  };
}

function needing(reply: ObjectResponse & { readonly kind: "bytes" }): ObjectResponse {
  const document: object = JSON.parse(reply.bytes.toString());
  const bytes = Buffer.from(JSON.stringify({ ...document, needs: ["what was thought of later"] }));
  return { ...reply, bytes, size: bytes.length };
}
