/** What `run` is asked in tests: the rows of a file of keys. */
import type { RunRequest } from "../../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import type { ManifestEntry } from "../../../src/manifest/row.ts";
import type { RunInput } from "../../../src/run/plan/begin-run.ts";
import { digestOf } from "../../../src/run/plan/new-request.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "../world.ts";

export function inputFor(keys: readonly string[], options: object = {}, over: Partial<RunRequest> = {}): RunInput {
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run: "r",
    source: sourcePlace,
    archive: archivePlace,
    rows: { kind: "file", name: "keys.txt", digest: digestOf(keys), format: "lines" },
    options: runOptionsSchema.parse(options),
    askedAt: "2026-01-15T12:00:00.000Z",
    tool: "cos-originals 0",
    ...over,
  };
  async function* rows(): AsyncGenerator<readonly ManifestEntry[]> {
    yield keys.map((key, n) => ({ kind: "row", row: { key }, at: { line: n + 1 } }));
  }
  return { ledger: ledgerPlace, request, rows };
}
