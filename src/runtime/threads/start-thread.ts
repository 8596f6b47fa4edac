/** A thread of this process, by node:worker_threads. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Thread } from "./pool.ts";

/** `data` is plain; what runs in `file` finds it as its workerData. */
export function startThread(file: URL, data: unknown): Thread {
  // One environment for all: credentials are read anew at each request, and a copy would be read as it was at the start.
  const worker = new Worker(file, { workerData: data, env: SHARE_ENV });
  let why: Error | undefined;
  worker.on("error", (thrown) => {
    why = ensureError(thrown);
  });
  return {
    number: worker.threadId,
    post: (message) => worker.postMessage(message),
    listen: (heard) => void worker.on("message", heard),
    onDeath: (died) =>
      void worker.on("exit", (code) => died(why ?? new Error(`it ended by itself, with exit code ${code}`))),
    terminate: async () => void (await worker.terminate()),
  };
}
