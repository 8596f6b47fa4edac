import { afterEach, describe, expect, test } from "vitest";
import type { FromThread, ToThread } from "../../../src/runtime/threads/messages.ts";
import type { Thread } from "../../../src/runtime/threads/pool.ts";
import { startThread } from "../../../src/runtime/threads/start-thread.ts";

const open: Thread[] = [];
afterEach(async () => {
  delete process.env.ORIGINALS_TEST_KEY;
  await Promise.all(open.splice(0).map((thread) => thread.terminate()));
});

/** A thread that runs this; `say` posts a line of its log. */
function running(script: string, data?: unknown): Thread {
  const head = `import { parentPort, threadId, workerData } from "node:worker_threads";
    const say = (message) => parentPort.postMessage({ kind: "log", level: "info", message });`;
  const thread = startThread(new URL(`data:text/javascript,${encodeURIComponent(`${head}${script}`)}`), data);
  open.push(thread);
  return thread;
}
const abort: ToThread = { kind: "abort", delivery: 1 };
const heard = (thread: Thread) => new Promise<FromThread>((resolve) => thread.listen(resolve));
const died = (thread: Thread) => new Promise<Error>((resolve) => thread.onDeath(resolve));

describe("a real thread", () => {
  test("is given its data, and bears the number by which it knows itself", async () => {
    const thread = running('say([workerData.share, threadId].join(" "));', { share: 8 });
    expect(await heard(thread)).toMatchObject({ message: `8 ${thread.number}` });
  });

  // What it would catch: temporary keys that were renewed in the process, and a thread that signs on with the old ones.
  test("reads the environment as it is, not as it was when the thread began", async () => {
    process.env.ORIGINALS_TEST_KEY = "old";
    const thread = running(`parentPort.on("message", () => say(process.env.ORIGINALS_TEST_KEY)); say("ready");`);
    await heard(thread);
    process.env.ORIGINALS_TEST_KEY = "new";
    const answer = heard(thread);
    thread.post(abort);
    expect(await answer).toMatchObject({ message: "new" });
  });

  test.each([
    ["throws", 'throw new Error("nobody caught this");', "nobody caught this"],
    ["rejects", 'Promise.reject(new Error("nobody awaited this"));', "nobody awaited this"],
    ["throws no Error", 'throw "a text";', "a text"],
    ["exits", "process.exit(7);", "it ended by itself, with exit code 7"],
    ["can't be loaded", 'await import("cos-originals-that-is-not-there");', "cos-originals-that-is-not-there"],
  ])("that %s has died, and it is known why", async (_, script, why) => {
    expect((await died(running(script))).message).toContain(why);
  });
});
