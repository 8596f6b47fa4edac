/**
 * A request's body on its way out, watched: how many bytes were taken, whether they are as many as were announced, and whether
 * it was the body itself that failed.
 * What is pulled is pulled with backpressure; once the exchange is over nothing more is, and the source is let go even
 * while it is being waited for.
 */

import { ensureError } from "../../vocabulary/errors.ts";
import type { BodySource } from "../port/http.ts";
import { lengthMismatch } from "./fault.ts";

/** Iterating throws what the body throws, and Fault `LengthMismatch` instead of more than was announced, or of an early end. */
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

/** @param length announced, bytes */
export function uploadBody(body: BodySource, length: number): UploadBody {
  let taken = 0;
  let failure: Error | undefined;
  let state: "open" | "ended" | "stopped" = "open";
  let iterator: AsyncIterator<Uint8Array> | undefined;
  let giveUp: ((reason: Error) => void) | undefined;

  const next = (): Promise<IteratorResult<Uint8Array>> => {
    // Whoever asks after that must not take it for the end.
    if (state === "stopped") return Promise.reject(over());
    if (state === "ended") return Promise.resolve({ done: true, value: undefined });
    iterator ??= body[Symbol.asyncIterator]();
    const source = iterator;
    return new Promise((resolve, reject) => {
      giveUp = reject;
      source.next().then(
        (result) => {
          giveUp = undefined;
          if (!result.done) taken += result.value.byteLength;
          else if (state === "open") state = "ended";
          if (taken > length || (state === "ended" && taken < length)) {
            stop();
            reject(lengthMismatch());
          } else resolve(result);
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
    giveUp?.(over());
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

const over = () => new Error("the exchange is over");

function isDestroyable(body: object): body is { destroy(): unknown } {
  return "destroy" in body && typeof body.destroy === "function";
}
