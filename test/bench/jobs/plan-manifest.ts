/** Plans a run of a manifest that lies in the store, as the function that reconciles does: read, compared, written as shards. */
import type { ManifestFormat } from "../../../src/manifest/row.ts";
import { rowsOf } from "../../../src/run/plan/rows.ts";
import { bucketsOf, region } from "../bodies.ts";
import { ledgerPlace, openSurroundings, planRun } from "../planned-run.ts";

export interface PlanOptions {
  readonly origin: string;
  readonly run: string;
  /** Of the manifest, in the archive's bucket. */
  readonly key: string;
  readonly etag: string;
  readonly format: ManifestFormat;
}

export async function planManifest({ origin, run, key, etag, format }: PlanOptions): Promise<number> {
  const surroundings = openSurroundings(origin, 16);
  try {
    const { rows, settled } = await planRun(
      {
        run,
        rows: { kind: "object", bucket: bucketsOf.archive, region, key, etag, format },
        options: {},
        entries: (request) => rowsOf(request, surroundings, { ledger: ledgerPlace }),
      },
      surroundings,
    );
    if (settled.invalid + settled.duplicates + settled.collisions > 0)
      throw new Error("a row of the plan is not right");
    return rows;
  } finally {
    await surroundings.close();
  }
}
