/**
 * A request's body on its way out, watched: how many bytes were taken, and whether it was the body itself that failed.
 * What is pulled is pulled with backpressure; once the exchange is over nothing more is, and the source is let go even
 * while it is being waited for.
 */

import type { BodySource } from "../../objects/bucket.ts";
import { ensureError } from "../../vocabulary/errors.ts";

export interface UploadBody extends AsyncIterable<Uint8Array> {
  /** Bytes handed to the connection. */
  readonly taken: number;
  /** A chunk has left the process. */
  release(chunk: Uint8Array): void;
  /** What the body threw. */
  readonly failure: Error | undefined;
  /** Lets the source go: a stream is destroyed, an iterator returned. Nothing happens where it is at its end. */
  stop(): void;
}

export function uploadBody(body: BodySource): UploadBody {
  let taken = 0;
  let failure: Error | undefined;
  let state: "open" | "ended" | "stopped" = "open";
  let iterator: AsyncIterator<Uint8Array> | undefined;
  let giveUp: ((reason: Error) => void) | undefined;

  const next = (): Promise<IteratorResult<Uint8Array>> => {
    if (state !== "open") return Promise.resolve({ done: true, value: undefined });
    iterator ??= body[Symbol.asyncIterator]();
    const source = iterator;
    return new Promise((resolve, reject) => {
      giveUp = reject;
      source.next().then(
        (result) => {
          giveUp = undefined;
          if (result.done) state = state === "open" ? "ended" : state;
          else taken += result.value.byteLength;
          resolve(result);
        },
        (thrown: unknown) => {
          giveUp = undefined;
          if (state === "open") {
            state = "ended";
            failure = ensureError(thrown);
          }
          reject(failure ?? ensureError(thrown));
        },
      );
    });
  };

  const stop = () => {
    if (state !== "open") return;
    state = "stopped";
    if (isDestroyable(body)) body.destroy();
    // A generator that waits for its own source answers only after that; nobody waits for it here.
    else iterator?.return?.().catch(() => {});
    giveUp?.(new Error("the exchange is over"));
  };

  return {
    get taken() {
      return taken;
    },
    get failure() {
      return failure;
    },
    release: (chunk) => body.release?.(chunk),
    stop,
    [Symbol.asyncIterator]: () => ({
      next,
      return: () => {
        stop();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}

function isDestroyable(body: object): body is { destroy(): unknown } {
  return "destroy" in body && typeof body.destroy === "function";
}
