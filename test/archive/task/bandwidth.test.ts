/** What --bwlimit makes wait, and when: a fetch that has come is paid for, so that what can wait waits before it. */
import { expect, test } from "vitest";
import { createPace } from "../../../src/archive/shard/pace/pace.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { key, lab, large, rowOf, small } from "./lab.ts";

/** The pace has no burst left, so that each byte waits for its own time. */
function slowLab(context: Parameters<typeof lab>[1] = {}, bandwidth = small.length) {
  const here = lab({ maxAttempts: 10 }, context);
  const pace = createPace({ concurrency: 8, clock: here.clock, random: () => 0.5, bandwidth });
  void pace.received(bandwidth / 10);
  Object.assign(here.context, { pace });
  const begun = here.clock.now();
  const fetchedAt = () =>
    here.source.log.filter(({ type }) => type === "original").map(({ at }) => Math.round((at - begun) / 1000));
  return { ...here, pace, fetchedAt };
}

test("a small original waits before it is fetched, not with its bytes in hand", async () => {
  const here = slowLab();
  here.source.seed(key, small);
  for (let n = 0; n < 3; n++) await here.outcome({ ...rowOf(small) }, { archiveKey: `archive/${n}` });
  expect(here.fetchedAt()).toEqual([1, 2, 3]);
  expect(here.archive.log.filter(({ type }) => type === "put").map(({ at }) => at)).toEqual(
    here.source.log.filter(({ type }) => type === "original").map(({ at }) => at),
  );
});

test("what was waited for and did not come is others' time", async () => {
  const here = slowLab();
  here.source.seed(key, small);
  here.source.onRequest(({ type, nth }) => (type === "original" && nth === 1 ? refuse("NoSuchKey") : undefined));
  await here.outcome(rowOf(small));
  const waited = here.pace.received(1);
  expect(waited).toBeUndefined();
});

test("one of which nobody knows how large it is waits when it has come", async () => {
  const here = slowLab();
  here.source.seed(key, small);
  for (let n = 0; n < 2; n++) await here.outcome({ key }, { archiveKey: `archive/${n}` });
  expect(here.fetchedAt()).toEqual([0, 1]);
});

test("a large one is fetched at once, and its bytes come at their pace", async () => {
  const here = slowLab({}, large.length / 10);
  here.source.seed(key, large);
  const begun = here.clock.elapsed();
  await here.outcome(rowOf(large));
  expect(here.fetchedAt()).toEqual([0]);
  expect(Math.round((here.clock.elapsed() - begun) / 1000)).toBe(10);
});

test("nothing is fetched where its bytes would have to wait for longer than there is time", async () => {
  const here = slowLab({ mayWait: (ms: number) => ms < 5_000 });
  here.source.seed(key, small);
  void here.pace.received(10 * small.length);
  expect(await here.outcome(rowOf(small))).toMatchObject({ outcome: "pending", attempts: 0 });
  expect(here.fetchedAt()).toEqual([]);
});
