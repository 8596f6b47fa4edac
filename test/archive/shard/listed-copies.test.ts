/** Catches: a HEAD for each key of an archive that a LIST tells of; and what is concluded from a LIST that only a HEAD can say. */
import { describe, expect, test } from "vitest";
import type { RunOptions } from "../../../src/ledger/plan/run-options.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import type { MemoryBucket } from "../../stores/memory-bucket.ts";
import { keyOf, shardLab } from "./lab.ts";

const ROWS = 60;
const copyOf = (n: number) => `kept/${keyOf(n)}`;
const asked = ({ archive }: { archive: MemoryBucket }) => [
  archive.count("list"),
  archive.count("head"),
  archive.count("put"),
];
const skip: Partial<RunOptions> = { ifExists: "skip" };

describe("what the archive holds, by LISTs", () => {
  test("one tells of a whole shard: nothing is there, nobody asks for a key", async () => {
    const lab = shardLab(ROWS, skip);
    expect(await lab.work()).toEqual({ kind: "over" });
    lab.expectOver({ archived: ROWS });
    expect(asked(lab)).toEqual([1, 0, ROWS]);
    expect(
      lab
        .segments()
        .map(({ trailer }) => trailer?.requests["archive.list"])
        .filter(Boolean),
    ).toEqual([1]);
  });

  test("what is there by its MD5 is skipped, what has another length is replaced, and the rest is asked for", async () => {
    const lab = shardLab(ROWS, skip);
    for (let n = 0; n < 30; n++) lab.archive.seed(copyOf(n), lab.bytes(n));
    lab.archive.seed(copyOf(30), "another length");
    const { length } = lab.bytes(31);
    lab.archive.seed(copyOf(31), Buffer.alloc(length));
    // An upload in parts: the listed ETag tells nothing, the CRC64 of a HEAD does.
    lab.archive.seed(copyOf(32), lab.bytes(32), { etag: "0123456789abcdef0123456789abcdef-2" });
    expect(await lab.work()).toEqual({ kind: "over" });
    lab.expectOver({ archived: 29, skipped: 31 });
    expect(asked(lab)).toEqual([1, 2, 29]);
    expect(lab.archive.log.filter(({ type }) => type === "head").map(({ key }) => key)).toEqual([
      copyOf(31),
      copyOf(32),
    ]);
  });

  test.each(["keep", "fail"] as const)(
    "under --if-exists %s each key is asked for: nothing there may be written over",
    async (ifExists) => {
      const lab = shardLab(ROWS, { ifExists });
      expect(await lab.work()).toEqual({ kind: "over" });
      expect(asked(lab)).toEqual([0, ROWS, ROWS]);
    },
  );

  test("under --if-exists overwrite nobody asks", async () => {
    const lab = shardLab(ROWS, { ifExists: "overwrite" });
    expect(await lab.work()).toEqual({ kind: "over" });
    expect(asked(lab)).toEqual([0, 0, ROWS]);
  });

  test("few rows are asked for one by one", async () => {
    const lab = shardLab(19, skip);
    await lab.work();
    expect(asked(lab)).toEqual([0, 19, 19]);
  });

  test.skipIf(quick)("keys far apart are asked for one by one", async () => {
    const lab = shardLab(ROWS, skip);
    for (let n = 0; n < ROWS; n++) {
      for (let k = 0; k < 600; k++) lab.archive.seed(`${copyOf(n)}.${String(k).padStart(3, "0")}`, "");
    }
    expect(await lab.work()).toEqual({ kind: "over" });
    expect(asked(lab)).toEqual([2, ROWS - 4, ROWS]);
  });

  test("archive keys of whatever making are told of", async () => {
    const whole = shardLab(ROWS, skip).planned;
    const lab = shardLab(
      whole.map((row, n) => ({ ...row, archiveKey: `by hand/${ROWS - n} ü%2F+.jpg` })),
      skip,
    );
    for (let n = 0; n < ROWS; n++) lab.source.seed(keyOf(n), lab.bytes(n));
    lab.archive.seed("kept/by hand/7 ü%2F+.jpg", lab.bytes(ROWS - 7));
    expect(await lab.work()).toEqual({ kind: "over" });
    expect([...lab.folded()].flatMap(([row, { outcome }]) => (outcome.outcome === "skipped" ? [row] : []))).toEqual([
      ROWS - 7,
    ]);
    expect(asked(lab)).toEqual([1, 0, ROWS - 1]);
  });

  test("what is put under a key after the LIST is written over, as --if-exists skip says, and proven", async () => {
    const lab = shardLab(ROWS, skip);
    lab.source.onRequest(({ type, key }) => {
      if (type === "original") lab.archive.seed(`kept/${key}`, "somebody else's");
      return undefined;
    });
    expect(await lab.work()).toEqual({ kind: "over" });
    lab.expectOver({ archived: ROWS });
  });

  test("a LIST that is refused is told once a process, and the keys are asked for", async () => {
    const lab = shardLab(ROWS, skip);
    const warnings: string[] = [];
    const log = { info() {}, error() {}, warn: (message: string) => void warnings.push(message) };
    lab.archive.onRequest(({ type }) => (type === "list" ? refuse("AccessDenied") : undefined));
    expect(await lab.work({ log })).toEqual({ kind: "over" });
    lab.expectOver({ archived: ROWS });
    expect(asked(lab)).toEqual([1, ROWS, ROWS]);
    expect(warnings).toEqual(["A bucket can't be listed, so each key is asked for by HEAD."]);
  });

  test("what an attempt that crashed may have archived is asked for by HEAD, and not fetched again", async () => {
    const lab = shardLab(ROWS, skip, { concurrency: 1 });
    const dying = lab.deliver();
    lab.archive.onRequest(({ type, nth }) => {
      if (type === "put" && nth > 30) dying.life.dead = true;
      return undefined;
    });
    while (!dying.life.dead) await lab.clock.advance(100);
    lab.archive.onRequest(undefined);
    lab.archive.forgetLog();
    await lab.clock.advance(60_000);
    expect(await lab.work()).toEqual({ kind: "over" });
    lab.expectOver({ archived: ROWS });
    expect(lab.archive.count("list")).toBe(0);
    expect(lab.archive.count("head")).toBeGreaterThanOrEqual(30);
  });

  test.skipIf(quick)("a LIST that has grown old is not relied on", async () => {
    const lab = shardLab(ROWS, skip, { concurrency: 1 });
    lab.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 60_000 } : undefined));
    expect(await lab.work()).toEqual({ kind: "over" });
    const heads = lab.archive.count("head");
    expect(heads).toBeGreaterThanOrEqual(ROWS - 18);
    expect(heads).toBeLessThan(ROWS - 10);
  });
});
