/** What `plan` says of originals in an archive class: what nobody knows is said, too. */
import { expect, test } from "vitest";
import { readSettings } from "../../../../src/config/read.ts";
import type { RunRequest } from "../../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../../src/ledger/plan/run-options.ts";
import type { ManifestEntry, Row } from "../../../../src/manifest/row.ts";
import { estimateRun } from "../../../../src/run/plan/estimate/estimate.ts";
import { planDocument } from "../../../../src/runtime/cli/terminal/plan-document.ts";
import { planText } from "../../../../src/runtime/cli/terminal/plan-text.ts";

const place = { bucket: "archive-1250000000", region: "ap-guangzhou", prefix: "" };
const md5 = "0cc175b9c0f1b6a831c399e269772661";

async function textOf(rows: readonly Row[], tier: "Standard" | "Expedited" = "Standard", seconds?: number) {
  async function* entries(): AsyncGenerator<readonly ManifestEntry[]> {
    yield rows.map((row, n) => ({ kind: "row", row, at: { line: n + 1 } }));
  }
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run: "r",
    source: { ...place, bucket: "photos-1250000000" },
    archive: place,
    rows: { kind: "inline", digest: "", keys: [] },
    options: runOptionsSchema.parse({ archivedClass: "restore", restoreTier: tier, restoreDays: 1 }),
    askedAt: "2026-01-15T12:00:00.000Z",
    tool: "test",
  };
  const settings = readSettings({ environment: {} });
  const estimate = await estimateRun(entries(), { ...request, ledger: place }, () => 0.5);
  const document = planDocument(settings, request, place, estimate, { by: "never" });
  const time = { ...document.time, ...(seconds === undefined ? undefined : { seconds }) };
  return planText({ ...document, time }, request).join("\n");
}
const cold = (count: number, storageClass: string): Row[] =>
  Array.from({ length: count }, (_, n) => ({ key: `${storageClass}-${n}.png`, size: 1, etag: md5, storageClass }));

test("where no row tells a class it says that what is restored is not in its numbers", async () => {
  const text = await textOf([{ key: "a.png", size: 1, etag: md5 }]);
  expect(text).toContain(
    "no row tells that it is in an archive class: what turns out to be in one is restored all the same",
  );
  expect(text).toContain("--max-cost");
  expect(await textOf(cold(1, "ARCHIVE"))).not.toContain("no row tells");
});

test("what the tier does not restore is neither counted as restored nor as fetched", async () => {
  const text = await textOf([...cold(2, "DEEP_ARCHIVE"), ...cold(3, "ARCHIVE")], "Expedited");
  expect(text).toContain("5 rows in 1 shard: 3 to archive");
  expect(text).toContain("3 of them are restored first, where they are not yet: 3 in ARCHIVE (3 B); tier Expedited");
  expect(text).toContain(
    "2 rows are in an archive class that --restore-tier Expedited does not restore: those that are not restored will fail",
  );
  expect(text).toMatch(/source\.get 3,.* source\.restore 3/);
});

test("where fetching takes longer than the copies are kept it says so, and how many days would do", async () => {
  const slow = await textOf(cold(3, "ARCHIVE"), "Standard", 200_000);
  expect(slow).toContain("longer than the 1 day that restored copies are kept");
  expect(slow).toMatch(/--restore-days 4 would do/);
  expect(slow).toMatch(/time: .*, and the wait for what is restored/);
  expect(await textOf(cold(3, "ARCHIVE"))).not.toContain("longer than");
});
