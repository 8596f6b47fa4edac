/**
 * Whole commands over a manifest of nothing but keys: what is sent, by the embedded COS's own count, its ledger's requests included. As many
 * keys as LISTED_KEYS says; what it counted is printed where that is set.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseSummary, type Summary } from "../../../src/report/summary.ts";
import { runCli } from "./built.ts";
import { archive, type Lab, lines, openLab, source } from "./lab.ts";

const KEYS = Number(process.env.LISTED_KEYS ?? 4_000);
const keys = Array.from({ length: KEYS }, (_, n) => `album/IMG_${String(n).padStart(6, "0")}.jpg`);

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  for (const [n, key] of keys.entries()) lab.emulator.bucket(source).put(key, Buffer.from(`picture ${n}`));
}, 120_000);
afterAll(() => lab?.close());
beforeEach(() => lab.next());

/** What a run came to, and what the embedded COS counted meanwhile. */
async function counted(what: string, work: () => Promise<Summary>) {
  lab.emulator.resetRequests();
  const summary = await work();
  const all = Object.entries(lab.emulator.requests()).filter(([, count]) => count > 0);
  const total = all.reduce((sum, [, count]) => sum + count, 0);
  if (process.env.LISTED_KEYS !== undefined) {
    const sent = all.map((one) => one.join(" ")).join(", ");
    process.stdout.write(`${what}: ${total} requests: ${sent}; by the report ${JSON.stringify(summary.requests)}\n`);
  }
  return { summary, total, sent: Object.fromEntries(all) as Record<string, number> };
}

const listsOf = ({ requests }: Summary) => (requests?.["source.list"] ?? 0) + (requests?.["archive.list"] ?? 0);

async function run(manifest: string, ...more: readonly string[]) {
  const { code, stdout, stderr } = await lab.run(["--json", "--manifest", manifest, "--concurrency", "64", ...more]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return parseSummary(JSON.parse(stdout));
}

describe("a manifest of keys alone", () => {
  it("that lie side by side costs LISTs, and over an archive that has all of them next to nothing", async () => {
    const manifest = await lab.file("keys.txt", lines(...keys));
    const plan = await runCli(lab.built.cli, ["plan", "--archive", lab.place(), "--manifest", manifest], lab.env);
    expect(plan.stdout).toMatch(
      new RegExp(
        `^ {2}\\d+ LISTs of the source told of ${KEYS.toLocaleString("en-US")} rows, which spares a HEAD each$`,
        "m",
      ),
    );
    // What is looked at together does not end where a page does.
    const mostLists = Math.ceil(2.2 * (KEYS / 1_000)) + 8;
    const first = await counted("first run", () => run(manifest));
    expect(first.summary).toMatchObject({ archived: KEYS, requests: { "archive.head": 0 } });
    expect(listsOf(first.summary)).toBeLessThanOrEqual(mostLists);
    expect(first.sent["object.original"]).toBe(KEYS);
    // Whether replies bring the metadata takes a look at the first of them.
    expect(first.sent["object.head"] ?? 0).toBeLessThan(120);
    const again = await counted("again", () => run(manifest));
    expect(again.summary).toMatchObject({
      archived: 0,
      skipped: KEYS,
      requests: { "source.head": 0, "archive.head": 0 },
    });
    expect(listsOf(again.summary)).toBeLessThanOrEqual(mostLists);
    expect(again.sent["object.original"]).toBeUndefined();
    expect(again.total).toBeLessThan(100 + KEYS / 200);
  }, 300_000);

  it("that lie far apart costs a HEAD each and four LISTs at most", async () => {
    const wanted = keys.filter((_, n) => n % (KEYS / 40) === 0);
    const more = wanted.flatMap((key) => Array.from({ length: 600 }, (_, n) => `${key}-${n}.txt`));
    for (const key of more) lab.emulator.bucket(source).put(key, Buffer.from(key));
    const manifest = await lab.file("few.txt", lines(...wanted));
    const summary = await run(manifest);
    expect(summary).toMatchObject({ archived: 40 });
    expect(summary.requests).toMatchObject({ "source.list": 2 });
    expect(summary.requests?.["source.head"]).toBeGreaterThanOrEqual(36);
    for (const key of more) lab.emulator.bucket(source).delete(key);
  }, 300_000);

  it("are what LISTs tell though others lie between, and whatever their names", async () => {
    const odd = Array.from({ length: 200 }, (_, n) => `odd/a b+c %2F&é中\u{1f600} ${n}/x.jpg`);
    for (const key of odd) {
      lab.emulator.bucket(source).put(key, Buffer.from(key));
      lab.emulator.bucket(source).put(`${key}~`, Buffer.from("another"));
    }
    const manifest = await lab.file("odd.txt", lines(...odd));
    const first = await run(manifest);
    expect(first).toMatchObject({ archived: 200, requests: { "source.list": 1, "archive.head": 0 } });
    const second = await run(manifest);
    expect(second).toMatchObject({ skipped: 200, requests: { "source.head": 0, "archive.head": 0 } });
    for (const key of odd) expect(lab.archived(key)?.toString(), key).toBe(key);
    expect(lab.emulator.bucket(archive).get("odd/none")).toBeUndefined();
  }, 300_000);
});
