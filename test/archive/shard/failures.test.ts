/** `--max-failures` while shards are open: at once in one process, within a heartbeat over all workers, and never by a guess. */
import { describe, expect, test } from "vitest";
import { heartbeatMs } from "../../../src/archive/shard/control-watch.ts";
import { paths } from "../../../src/ledger/layout.ts";
import { pulsePath, slotAt } from "../../../src/ledger/pulse.ts";
import { noRequests } from "../../../src/ledger/shard/segment.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";
import { segmentBytes } from "../../ledger/shard/segment-bytes.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { allAt, attemptId, keyOf, later, shardLab } from "./lab.ts";

const other = attemptId(7);
const halts = (here: ReturnType<typeof shardLab>) => here.written("control/").filter((path) => /-halt/.test(path));

/** Every second row is not there; each fetch takes half a second. */
function halfMissing(maxFailures: string) {
  const here = shardLab(1_000, { maxFailures }, { concurrency: 4 });
  here.source.onRequest(({ key }) =>
    Number(/\d+/.exec(key)?.[0]) % 2 === 1 ? refuse("NoSuchKey") : { kind: "delay", ms: 500 },
  );
  return here;
}

/** What another worker has open: shard 1, of which so many rows have failed. */
function openElsewhere(here: ReturnType<typeof shardLab>, failed: number, said = failed) {
  const outcomes: Outcome[] = Array.from({ length: failed }, (_, row) => ({
    row,
    key: keyOf(2_000 + row),
    outcome: "failed",
    code: "NoSuchKey",
    attempts: 1,
    ms: 1,
  }));
  here.trace(paths.submittedAgain("plan-1", 1, attemptId(3)));
  here.trace(paths.open(1, other, 0), "other");
  here.trace(
    paths.segment(1, other, 1),
    segmentBytes(outcomes, { requests: noRequests(), retries: 0, from: "", to: "" }),
  );
  const slot = slotAt(here.clock.now());
  for (const ahead of [0, 1, 2]) {
    const pulse = { slot: slot + ahead, worker: other, archived: 0, failed: said, succeeded: allAt(0) };
    void later(here, ahead * heartbeatMs, () => here.trace(pulsePath(pulse)));
  }
}

describe("failed rows of an open shard", () => {
  test("halt the run at the one that is too many, with what is in flight", async () => {
    const here = halfMissing("10");
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
    expect(here.source.count("original")).toBeLessThanOrEqual(2 * 11 + 8);
    const halt = here.ledger.object(`ledger/runs/run-1/${halts(here)[0]}`)?.bytes.toString();
    expect(halt).toMatch(/"reason":"11 of \d+ rows failed, more than --max-failures 10 allows"/);
  });

  test("are counted with those of other workers, within two heartbeats", async () => {
    const here = halfMissing("100");
    openElsewhere(here, 95);
    const began = here.clock.now();
    expect(await here.work({ shards: 2, planRows: 2_000 })).toMatchObject({ kind: "stopped" });
    expect(here.clock.now() - began).toBeLessThanOrEqual(2 * heartbeatMs + 1_000);
    expect(halts(here)).toHaveLength(1);
  });

  test("halt nothing on the word of a pulse, where the ledger does not say the same", async () => {
    const here = shardLab(60, { maxFailures: "100" }, { concurrency: 1 });
    here.source.onRequest(() => ({ kind: "delay", ms: 500 }));
    openElsewhere(here, 3, 5_000);
    expect(await here.work({ shards: 2, planRows: 2_000 })).toEqual({ kind: "over" });
    expect(halts(here)).toEqual([]);
  });

  test.skipIf(quick)("halt nothing once the run has been resumed", async () => {
    const here = halfMissing("10");
    expect(await here.work()).toMatchObject({ kind: "stopped" });
    await here.control("resume");
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 500, failed: 500 });
  });
});
