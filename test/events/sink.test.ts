/** Catches: an outage of who is told that holds up every shard, events that are lost behind one that failed, and waits without an end. */
import { describe, expect, test } from "vitest";
import { createSink } from "../../src/events/sink.ts";
import type { Sent, SinkTransport } from "../../src/events/sink-transport.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { fakeClock, runUntilDone } from "../stores/fake-clock.ts";
import { eventsOf } from "./sample-events.ts";

const away: Sent = { kind: "refused", whose: "sink", again: true, why: "it answered with status 503" };
const taken: Sent = { kind: "taken" };

function sinkOf(answer: (post: number, first: string) => Sent, more: Partial<SinkTransport> = {}) {
  const clock = fakeClock();
  const posts: string[] = [];
  const warned: unknown[] = [];
  const transport: SinkTransport = {
    batchSize: 2,
    atOnce: 1,
    async send([first]) {
      posts.push(first?.subject ?? "");
      return answer(posts.length, first?.subject ?? "");
    },
    close: async () => undefined,
    ...more,
  };
  const log = { ...silentLog, warn: (_: string, fields: unknown) => void warned.push(fields) };
  const sink = createSink("https://hooks.example.com", transport, { clock, random: () => 1, log });
  return { clock, posts, warned, sink, done: <T>(work: Promise<T>) => runUntilDone(clock, work) };
}

describe("a sink", () => {
  test("takes events in batches", async () => {
    const { sink, posts, done } = sinkOf(() => taken);
    expect(await done(sink.deliver(eventsOf(5)))).toEqual({ kind: "delivered" });
    expect(posts).toEqual(["photos/0.jpg", "photos/2.jpg", "photos/4.jpg"]);
    expect(await done(sink.deliver([]))).toEqual({ kind: "delivered" });
    expect(posts.length).toBe(3);
  });

  test("that fails for a moment is tried again, longer each time, and loses nothing", async () => {
    const { sink, posts, clock, done } = sinkOf((post) => (post < 4 ? away : taken));
    const began = clock.now();
    expect(await done(sink.deliver(eventsOf(3)))).toEqual({ kind: "delivered" });
    expect(posts).toEqual([...Array(4).fill("photos/0.jpg"), "photos/2.jpg"]);
    expect(clock.now() - began).toBeGreaterThanOrEqual(500 + 1_000 + 2_000);
  });

  test("that says when to come again is waited for, unless it is long", async () => {
    const wait = (retryAfterMs: number) => (post: number) => (post === 1 ? { ...away, retryAfterMs } : taken);
    const soon = sinkOf(wait(8_000));
    const began = soon.clock.now();
    expect(await soon.done(soon.sink.deliver(eventsOf(1)))).toEqual({ kind: "delivered" });
    expect(soon.clock.now() - began).toBeGreaterThanOrEqual(8_000);
    const late = sinkOf(wait(3_600_000));
    expect(await late.done(late.sink.deliver(eventsOf(1)))).toMatchObject({ kind: "undelivered" });
  });

  test("that is away is not asked for half a minute, whatever comes; then it is", async () => {
    let isAway = true;
    const { sink, posts, clock, warned, done } = sinkOf(() => (isAway ? away : taken));
    const undelivered = { kind: "undelivered", taken: 0, why: away.kind === "refused" ? away.why : "" };
    expect(await done(sink.deliver(eventsOf(9)))).toEqual(undelivered);
    expect(posts.length).toBe(4);
    for (let n = 0; n < 100; n++) expect(await sink.deliver(eventsOf(9))).toEqual(undelivered);
    expect(posts.length).toBe(4);
    expect(warned).toEqual([{ to: "https://hooks.example.com", events: 9, reason: "it answered with status 503" }]);
    isAway = false;
    expect(await done(sink.deliver(eventsOf(1), { insist: true }))).toEqual({ kind: "delivered" });
    isAway = true;
    await done(sink.deliver(eventsOf(1)));
    await clock.advance(30_001);
    isAway = false;
    expect(await done(sink.deliver(eventsOf(1)))).toEqual({ kind: "delivered" });
  });

  test("that refuses one batch takes the others, and is asked again at once", async () => {
    const bad: Sent = { kind: "refused", whose: "batch", again: false, why: "it answered with status 413" };
    const { sink, posts, done } = sinkOf((_, first) => (first === "photos/2.jpg" ? bad : taken));
    expect(await done(sink.deliver(eventsOf(7)))).toEqual({
      kind: "undelivered",
      taken: 2,
      why: "it answered with status 413",
    });
    expect(posts).toEqual(["photos/0.jpg", "photos/2.jpg", "photos/4.jpg", "photos/6.jpg"]);
    expect(await done(sink.deliver(eventsOf(1)))).toEqual({ kind: "delivered" });
  });

  test("stops when there is no more time, and tells how far it came", async () => {
    const stop = new AbortController();
    const { sink, done } = sinkOf((post) => {
      if (post === 2) stop.abort();
      return taken;
    });
    expect(await done(sink.deliver(eventsOf(6), { signal: stop.signal }))).toEqual({ kind: "stopped", taken: 4 });
  });
});
