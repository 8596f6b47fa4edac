/** A reply's body on its way: what breaks it is a BucketError, as what breaks the request is. */
import type { BodyStream } from "../../objects/bucket.ts";
import { ensureError } from "../../vocabulary/errors.ts";

/** @param failed gives what is thrown instead of the transport's error */
export function replyBody(stream: BodyStream, failed: (error: Error) => unknown): BodyStream {
  const fail = (thrown: unknown): never => {
    throw failed(ensureError(thrown));
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
