/**
 * Ledgers that earlier versions wrote, read and ended by this one. What it would catch: a run begun before an update that the updated
 * tool can't read, counts otherwise, fetches again, or never ends.
 */
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as tool from "../../src/index.ts";
import { type Built, build } from "../runtime/cli/built.ts";
import { type Golden, goldenVersions, isStopped, type State, states } from "./golden.ts";
import { bytesOf, linesOf } from "./kept-object.ts";
import { type Ending, end, endByWorker, type Reading, read, redrive } from "./says.ts";
import { ledgerPlace, openStage, type Stage } from "./stage.ts";

interface Says {
  readonly read: Reading;
  readonly end?: Ending;
  readonly redrive?: Ending;
}

let built: Built;
beforeAll(async () => {
  built = await build();
});

/** Without what a later version may do better: which proof it takes, and how many requests. */
const outcomes = ({ results }: Ending) => results.map((row) => row.replace(/ \| (content-md5|crc64|size)\b/, ""));
const counts = ({ summary }: Ending) => {
  const { state, rows, archived, recovered, skipped, failed, pending, bytes } = summary;
  // Rows are shown of each code since; their request ids are each night's own.
  const list = summary.failures as readonly Readonly<Record<string, unknown>>[] | null;
  const failures = list?.map(({ samples: _, ...failure }) => failure);
  return { state, rows, archived, recovered, skipped, failed, pending, bytes, failures };
};
const archivedIn = ({ objects }: Golden) => objects.flatMap(({ body }) => ("sameAs" in body ? body.sameAs : []));
const reconcile = (state: State) => JSON.stringify({ v: 1, type: "reconcile", ledger: ledgerPlace(state), run: state });

describe.each(goldenVersions())("ledgers of $version", (version) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(tool, built.cli, version.source);
  });
  afterAll(() => stage?.close());
  const saysOf = (state: State) => version.says(state) as Says;
  const unfinished = version.states.filter((state) => saysOf(state).end !== undefined);

  /** Ended as it was by the version that began it: each row once, all that is archived whole, nothing fetched that was there. */
  function expectEnded(golden: Golden, ended: Ending, as: Ending): void {
    expect(outcomes(ended)).toEqual(outcomes(as));
    expect(counts(ended)).toEqual(counts(as));
    expect(ended.results.length).toBe(ended.summary.rows);
    expect(ended.summary).toMatchObject({ state: "complete", pending: 0 });
    const fetched = version.found(ended.fetched);
    const there = new Set(archivedIn(golden));
    expect(fetched.filter((key) => there.has(key))).toEqual([]);
    expect(fetched.filter((key, n) => key === fetched[n - 1])).toEqual([]);
    expect(fetched.filter((key) => !as.fetched.includes(key))).toEqual([]);
    const archived = ended.results.flatMap((row) => (/ \| archived\b/.test(row) ? (row.split(" | ")[0] ?? "") : []));
    expect(archived.length).toBe(ended.summary.archived);
    expect(archived.filter((key) => !stage.holds(golden.state, key))).toEqual([]);
  }

  test("show in their lines what their packed bytes hold", () => {
    for (const state of version.states) {
      for (const { key, body } of version.golden(state).objects) {
        if ("gzip" in body) {
          expect(linesOf(bytesOf(body, () => Buffer.alloc(0))), key).toEqual(body.lines);
        }
      }
    }
  });

  test.each(version.states)("%s: status, verify and report say what they said", async (state) => {
    const reading = await read(stage, version.golden(state));
    const said = saysOf(state).read;
    // What later versions say beside it is theirs to add.
    expect(reading, states[state]).toMatchObject({ ...said, results: expect.anything() });
    expect(reading.results).toEqual(said.results);
    expect(stage.fetched()).toEqual([]);
  });

  test.each(unfinished)("%s: is ended by `run --resume`", async (state) => {
    const golden = version.golden(state);
    const said = saysOf(state).end as Ending;
    const ended = await end(stage, golden);
    expectEnded(golden, ended, said);
    expect(ended.summary.code).toBe(said.summary.code);
  });

  test.each(unfinished)("%s: is ended by a queue's worker", async (state) => {
    const golden = version.golden(state);
    // A run that a queue carries goes on by what lies there; what never was on one, or was dropped, reconcile sends.
    const ofQueue = version.messages.filter(({ body }) => JSON.parse(body).run === state).map(({ body }) => body);
    const ended = await endByWorker(stage, golden, ofQueue.length > 0 ? ofQueue : [reconcile(state)]);
    expectEnded(golden, ended, saysOf(state).end as Ending);
  });

  const shardOf = (kind: string, shard: number) => new RegExp(`/${kind}(/[^/]+/shards)?/0{8}${shard}[./]`);

  test.each(["planning", "listing"] as const)(
    "%s: goes on from the cursor, and plans no shard twice",
    async (state) => {
      const golden = version.golden(state);
      await endByWorker(stage, golden, [reconcile(state)]);
      const planned = golden.objects.filter(({ key }) => shardOf("plans", 0).test(key)).map(({ key }) => key);
      expect(planned.length).toBe(1);
      expect(
        stage
          .keep(state)
          .filter(({ key }) => shardOf("plans", 0).test(key))
          .map(({ key }) => key),
      ).toEqual(planned);
    },
  );

  test("finalizing: goes on from the draft, and folds none of its shards again", async () => {
    const { summary } = await endByWorker(stage, version.golden("finalizing"), [reconcile("finalizing")]);
    const folded = (shard: number) => stage.readKeys().some((key) => shardOf("outcomes", shard).test(key));
    expect([folded(0), folded(6)]).toEqual([false, true]);
    // A file that an older version began is as wide as that made it, for it is one manifest.
    const failures = stage.keep("finalizing").filter(({ key }) => /\/report\/failures-\d+\.csv$/.test(key));
    const rows = failures.flatMap(({ body }) => parse("text" in body ? body.text : "", { columns: true }) as object[]);
    expect(rows).toHaveLength(Number(summary.failed));
  });

  test("reporting: goes on from the group's marker, and folds nothing again", async () => {
    await endByWorker(stage, version.golden("reporting"), [reconcile("reporting")]);
    expect(stage.readKeys().filter((key) => key.includes("/outcomes/"))).toEqual([]);
    expect(stage.readKeys().filter((key) => key.includes("/groups/")).length).toBe(1);
  });

  test.each(version.states.filter((state) => saysOf(state).redrive !== undefined))(
    "%s: what failed is redriven",
    async (state) => {
      const golden = version.golden(state);
      const said = saysOf(state).redrive as Ending;
      const redriven = await redrive(stage, golden);
      expect(redriven.summary).toMatchObject({ run: said.summary.run, ...counts(said) });
      expect(version.found(redriven.fetched)).toEqual(version.found(said.fetched));
    },
  );

  test("complete: is neither worked nor fetched again, whoever asks", async () => {
    const golden = version.golden("complete");
    await endByWorker(stage, golden, [reconcile("complete")]);
    expect(stage.fetched()).toEqual([]);
    const kept = stage.keep("complete").filter(({ key }) => !key.includes("/report/"));
    expect(kept.map(({ key }) => key)).toEqual(
      golden.objects.map(({ key }) => key).filter((key) => !key.includes("/report/")),
    );
  });

  test("stopped: goes no further until somebody resumes it", async () => {
    for (const state of version.states.filter(isStopped)) {
      const golden = version.golden(state);
      stage.load(golden);
      const worker = stage.worker();
      worker.queue.push(reconcile(state));
      expect(await worker.drain()).toEqual({ rejected: [] });
      await worker.close();
      expect(stage.fetched()).toEqual([]);
    }
  });

  // A worker of the earlier version may still be at work while the first of the new one comes up.
  test("halfway: an attempt that shows signs of life is left alone, and its message given back", async () => {
    const golden = version.golden("halfway");
    // By the store's clock written in an hour: fresh for as long as this takes.
    stage.load(golden, -3_600_000);
    const worker = stage.worker();
    const run = golden.objects.find(({ key }) => key.endsWith("/run.json"))?.body;
    const { plan } = JSON.parse(run !== undefined && "text" in run ? run.text : "");
    for (const shard of [2, 3]) {
      const message = { v: 1, type: "shard", ledger: ledgerPlace("halfway"), run: "halfway", plan, shard, seq: 0 };
      expect(await worker.deliver(JSON.stringify(message))).toMatchObject({ kind: "give-back" });
    }
    await worker.close();
    expect(stage.fetched()).toEqual([]);
  });
});
