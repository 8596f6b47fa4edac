/**
 * A shard of papers, which come by plain GETs, and pictures, which are paid for. Catches: plain GETs that hide that every paid one is refused,
 * by ending its streak, the trial, or as the sample that it is compared with; and papers that wait for a trial of pictures.
 */
import { describe, expect, test } from "vitest";
import { controlReason, readControl } from "../../../src/ledger/control.ts";
import { paths } from "../../../src/ledger/layout.ts";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { createLedgerStore, type LedgerStore } from "../../../src/ledger/store.ts";
import { readFirstArchived } from "../../../src/ledger/trial.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { bytesOf } from "../task/lab.ts";
import { shardLab } from "./lab.ts";

/** By turns a paper and a picture, of which every fetch is refused; or papers alone. */
function papersAndPictures(count: number, pictures = true) {
  const bytes = (n: number) => bytesOf(100 + n, n + 1);
  const keyOf = (n: number) => `photos/${String(n).padStart(4, "0")}.${n % 2 === 0 || !pictures ? "pdf" : "jpg"}`;
  const rows = Array.from({ length: count }, (_, n): PlannedRow => {
    return { key: keyOf(n), size: 100 + n, ...digestsOf(bytes(n)) };
  });
  const here = shardLab(rows, {}, { concurrency: 1, limit: 10 });
  for (const [n, { key }] of rows.entries()) here.source.seed(key, bytes(n));
  here.source.onRequest(({ type }) => (type === "original" ? refuse("AccessDenied") : undefined));
  const ledger = createLedgerStore({
    bucket: here.ledger,
    prefix: "ledger/runs/run-1/",
    clock: here.clock,
    random: () => 0.5,
  });
  return { here, ledger };
}

async function reasonOf(ledger: LedgerStore): Promise<string | undefined> {
  const control = await readControl(ledger);
  return control && controlReason(ledger, control);
}

describe("pictures of which every one is refused, among papers that come", () => {
  test("halt the run as on trial, whatever the papers' GETs say", async () => {
    const { here, ledger } = papersAndPictures(80);
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
    expect(await reasonOf(ledger)).toMatch(/^no row .* by what is paid for, and \d+ failed in a row: .*AccessDenied/);
    expect(here.source.count("original")).toBeLessThanOrEqual(11);
    expect(here.source.count("get")).toBeGreaterThan(5);
    // They are tried again once that is mended.
    for (const { outcome } of here.folded().values()) expect(["archived", "pending"]).toContain(outcome.outcome);
  });

  test("end as failed where somebody resumed it twice all the same", async () => {
    const { here } = papersAndPictures(40);
    for (const kind of ["halt", "resume", "halt", "resume"] as const) await here.control(kind);
    expect(await here.work()).toEqual({ kind: "over" });
    expect(here.markers().at(-1)).toMatchObject({ archived: 20, failed: 20 });
  });

  test("are known by a picture that was archived, where there is one", async () => {
    const { here, ledger } = papersAndPictures(80);
    here.source.onRequest(({ type, nth }) => (type === "original" && nth > 1 ? refuse("AccessDenied") : undefined));
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
    expect(await reasonOf(ledger)).toMatch(/and so does "photos\/\d+\.jpg", which was archived before/);
  });
});

describe("papers", () => {
  test("end the trial, as what was archived by a plain GET", async () => {
    const { here, ledger } = papersAndPictures(1);
    expect(await here.work()).toEqual({ kind: "over" });
    expect(await readFirstArchived(ledger)).toMatchObject({ key: "photos/0000.pdf", plain: true });
    expect(here.segments().map(({ trailer }) => trailer?.requests["source.plain"])).toEqual([1]);
  });

  test("that the archive refuses halt the run too, by what it refuses", async () => {
    const { here, ledger } = papersAndPictures(80, false);
    here.archive.onRequest(({ type }) => (type === "put" ? refuse("AccessDenied") : undefined));
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
    expect(await reasonOf(ledger)).toContain("the PUT");
    expect(here.source.count("get")).toBeLessThan(25);
    expect(here.written(paths.firstArchived)).toEqual([]);
  });
});
