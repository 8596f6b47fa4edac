/** What becomes of a run's rows by what a probe found out about the source. */
import type { PlannedRow } from "../../../ledger/plan/shard-rows.ts";

/** What a probe found out about the source, as far as it matters to a run; absent is what it left open. */
export interface FoundOfSource {
  /** Does the reply to originImage bring x-cos-meta-*? */
  readonly bringsMetadata?: boolean | undefined;
  /** Bytes, above which originImage refuses; absent also where it does not. */
  readonly largestOriginal?: number | undefined;
  readonly heedsVersions?: boolean | undefined;
  /** Is a HEAD of a protected image refused? */
  readonly refusesHead?: boolean | undefined;
  /** Why originImage brings no original at all; absent where it does. */
  readonly bringsNone?: "unbound" | "slimmed" | undefined;
}

export interface ByFindings {
  /** Does each row cost a HEAD for its metadata? */
  readonly metadataByHead: boolean;
  /** Rows above what originImage served there. */
  readonly tooLarge: number;
  /** Rows that name a version where originImage did not heed one: those of older versions will fail. */
  readonly versions: number;
  /** Rows that need a HEAD, where one of a protected image was refused: they will fail. */
  readonly unheard: number;
  /** Rows that originImage can't bring, and why. */
  readonly unbrought: { readonly rows: number; readonly why: "unbound" | "slimmed" } | null;
}

/** Null where nothing was found. */
export function createByFindings(found: FoundOfSource | undefined) {
  let tooLarge = 0;
  let versions = 0;
  let unheard = 0;
  let rows = 0;
  return {
    /** A row that is fetched by originImage, if at all. @param asks does it take a HEAD of the source? */
    add({ size, versionId }: PlannedRow, asks: boolean): void {
      if (found?.largestOriginal !== undefined && (size ?? 0) > found.largestOriginal) tooLarge++;
      if (found?.heedsVersions === false && versionId !== undefined) versions++;
      if (found?.refusesHead === true && asks) unheard++;
      // An empty one takes no fetch.
      if (size !== 0) rows++;
    },
    told(): ByFindings | null {
      if (found === undefined) return null;
      const { bringsMetadata, bringsNone: why } = found;
      const unbrought = why === undefined || rows === 0 ? null : { rows, why };
      return { metadataByHead: bringsMetadata === false, tooLarge, versions, unheard, unbrought };
    },
  };
}
