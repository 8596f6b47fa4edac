import { describe, expect, test } from "vitest";
import { createLedgerStore } from "../../src/ledger/store.ts";
import { cosErrorOf } from "../cos/thrown-by.ts";
import { type Fault, loseAnswer, type OnRequest, refuse, reset } from "../stores/bucket-fault.ts";
import { fakeClock, runUntilDone } from "../stores/fake-clock.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";

function lab(onRequest?: OnRequest, signal?: AbortSignal) {
  const clock = fakeClock();
  const bucket = createMemoryBucket({ clock, ...(onRequest === undefined ? {} : { onRequest }) });
  const store = createLedgerStore({ bucket, prefix: "l/runs/r/", clock, random: () => 0.5, signal });
  return { clock, bucket, store, done: <T>(work: Promise<T>) => runUntilDone(clock, work) };
}

/** The first `times` requests go wrong in this way. */
const first =
  (times: number, fault: Fault): OnRequest =>
  ({ nth }) =>
    nth <= times ? fault : undefined;

describe("the ledger's store", () => {
  test("keeps everything below the run's prefix, and shows paths relative to it", async () => {
    const { bucket, store } = lab();
    await store.put("done/a", "1");
    await store.put("done/b", Buffer.from("2"));
    bucket.seed("l/runs/r2/done/c", "another run's");
    expect(bucket.keys()).toEqual(["l/runs/r/done/a", "l/runs/r/done/b", "l/runs/r2/done/c"]);
    expect((await store.list("done/")).objects.map(({ key }) => key)).toEqual(["done/a", "done/b"]);
    expect((await store.get("done/b"))?.toString()).toBe("2");
    expect(store.describe("done/b")).toBe(`cos://${bucket.name}/l/runs/r/done/b`);
  });

  test("says undefined of what is not there, but not of a bucket that is not", async () => {
    const { store, bucket } = lab();
    expect(await store.get("nothing")).toBeUndefined();
    bucket.onRequest(() => refuse("NoSuchBucket"));
    expect(await cosErrorOf(store.get("nothing"))).toMatchObject({ code: "NoSuchBucket" });
  });

  test("reads objects of any size", async () => {
    const { store } = lab();
    const large = Buffer.alloc(3_000_000, 7);
    await store.put("large", large);
    expect((await store.get("large"))?.equals(large)).toBe(true);
  });

  test("lists beyond a page, in order, with the store's own time", async () => {
    const { store, bucket } = lab();
    const names = Array.from({ length: 2_345 }, (_, n) => `x/${String(n).padStart(5, "0")}`);
    for (const name of names) bucket.seed(`l/runs/r/${name}`, "");
    const { objects, serverTime } = await store.list("x/");
    expect(objects.map(({ key }) => key)).toEqual(names);
    expect(serverTime).toBe(1_700_000_000_000);
    const page = await store.listPage("x/", "x/02000");
    expect([page.objects.length, page.objects[0]?.key, page.more]).toEqual([344, "x/02001", undefined]);
    expect((await store.listPage("x/")).more).toBe("x/00999");
  });

  test.each([
    ["get", (s: ReturnType<typeof lab>["store"]) => s.get("k")],
    ["put", (s: ReturnType<typeof lab>["store"]) => s.put("k", "new")],
    ["list", (s: ReturnType<typeof lab>["store"]) => s.list("k")],
  ] as const)("tries a %s again that failed for the moment, and counts each try", async (type, call) => {
    for (const fault of [refuse("SlowDown"), refuse("InternalError"), reset]) {
      const { bucket, store, done } = lab(first(3, fault));
      bucket.seed("l/runs/r/k", "old");
      await done(Promise.resolve(call(store)));
      expect(bucket.count(type)).toBe(4);
      expect(store.requests()).toBe(4);
    }
  });

  test("gives up after seven tries, and at once on what will not change", async () => {
    const slow = lab(() => refuse("SlowDown"));
    expect(await cosErrorOf(slow.done(slow.store.put("k", "1")))).toMatchObject({ code: "SlowDown" });
    expect(slow.store.requests()).toBe(7);
    const denied = lab(() => refuse("AccessDenied"));
    expect(await cosErrorOf(denied.done(denied.store.put("k", "1")))).toMatchObject({ code: "AccessDenied" });
    expect(denied.store.requests()).toBe(1);
  });

  test("waits as long as Retry-After says", async () => {
    const { clock, store, done } = lab(first(1, refuse("SlowDown", { retryAfterMs: 7_000 })));
    const before = clock.now();
    await done(store.put("k", "1"));
    expect(clock.now() - before).toBeGreaterThanOrEqual(7_000);
  });

  test("does not try again once it is told to stop", async () => {
    const stop = new AbortController();
    const { store, done } = lab(() => {
      stop.abort();
      return refuse("SlowDown");
    }, stop.signal);
    const error = await cosErrorOf(done(store.put("k", "1")));
    expect(["SlowDown", "RequestAborted"]).toContain(error.code);
    expect(store.requests()).toBe(1);
  });

  test("creates where nothing is, and says where something was", async () => {
    const { store } = lab();
    expect(await store.create("run.json", "first")).toBe(true);
    expect(await store.create("run.json", "second")).toBe(false);
    expect((await store.get("run.json"))?.toString()).toBe("first");
  });

  test("says of a creation whose answer was lost that somebody was first: it has to be read back", async () => {
    const { store, done } = lab(({ type, nth }) => (type === "put" && nth === 1 ? loseAnswer : undefined));
    expect(await done(store.create("run.json", "mine"))).toBe(false);
    expect((await store.get("run.json"))?.toString()).toBe("mine");
  });
});
