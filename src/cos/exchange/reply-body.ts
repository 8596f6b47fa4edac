/** A reply's body on its way: what breaks it is a BucketError, as what breaks the request is. */
import type { BodyStream } from "../../objects/bucket.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import { errorFromTransport } from "./error-from-transport.ts";

/** @param what the subject of the message: `GET "a.jpg" of photos-1250000000` */
export function replyBody(stream: BodyStream, what: () => string): BodyStream {
  const fail = (thrown: unknown): never => {
    throw errorFromTransport(what(), ensureError(thrown));
  };
  return {
    destroy: (error) => stream.destroy(error),
    release: (chunk) => stream.release?.(chunk),
    [Symbol.asyncIterator]() {
      const chunks = stream[Symbol.asyncIterator]();
      return {
        next: () => chunks.next().catch(fail),
        return: async (value?: unknown) => (await chunks.return?.(value)) ?? { done: true, value },
      };
    },
  };
}
