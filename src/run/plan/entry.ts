/** What planning reads: the rows of a manifest or a listing, and what reading them tells besides. */
import type { DeletedKey } from "../../ledger/plan/deleted-keys.ts";
import type { ManifestEntry, Position, Row } from "../../manifest/row.ts";

/** One thing that planning reads: a row of a manifest or of a listing, or something told beside the rows. */
export type PlanEntry =
  | (ManifestEntry & {
      /** A listing told that nothing lies under the row's archive key. */
      readonly absent?: boolean;
    })
  /** A row that LISTs already settle. */
  | {
      readonly kind: "unchanged";
      readonly row: Row;
      readonly at: Position;
      readonly message: string;
      /** Nobody named it, so it is counted, and in no shard: of a listing. */
      readonly countOnly?: true;
      readonly modified?: number | undefined;
    }
  /** It was read, and is not in scope (scope.ts): counted, and no row. */
  | { readonly kind: "left-out"; readonly key: string; readonly by: LeftOutBy }
  /** The archive holds it, the source no longer does. No row. */
  | ({ readonly kind: "deleted" } & DeletedKey)
  /** With which run's deleted keys those that follow are compared; said before them, where there is one. No row. */
  | { readonly kind: "since"; readonly run: string }
  /** Another file of an inventory begins: what follows is read from it. No row. */
  | { readonly kind: "part"; readonly part: number }
  /** How it is told which rows of a listing are unchanged; said once, before them. No row. */
  | { readonly kind: "compared"; readonly compared: Compared }
  /** What LISTs tell of a manifest's rows; said once, before them, and counted on while reading goes on. No row. */
  | { readonly kind: "listed"; readonly listed: ListedRows }
  /** Requests that reading sends, by type; said once, before them, and counted on while reading goes on. No row. */
  | { readonly kind: "requests"; readonly sent: Readonly<Record<string, number>> };

/** Why something is left out: its key by --include, --exclude and --filter, or by --except; its size; when it was modified. */
export const leftOutBy = ["filter", "except", "size", "age"] as const;
export type LeftOutBy = (typeof leftOutBy)[number];
/** How many, each where there are any. */
export type LeftOut = { readonly [By in LeftOutBy]?: number | undefined };

/** Absent (never said) where the run wants every row fetched, or has no listing. */
export type Compared = { readonly by: "listing" } | { readonly by: "head"; readonly reason: string };

/** What LISTs told of the rows of a manifest, by side; undefined of a side that no row needs to be asked for at. */
export interface ListedRows {
  readonly source: ListedSide | undefined;
  readonly archive: ListedSide | undefined;
}

export interface ListedSide {
  /** Rows that they told of. */
  rows: number;
  /** Requests. */
  lists: number;
  /** Why the side can't be listed, in words. */
  refused?: string | undefined;
}

/** What planning reads, in batches. */
export type PlanEntries = AsyncIterable<readonly PlanEntry[]>;

/** Where reading stands after a row, and can be taken up again. */
export interface ReadUpTo {
  /** The file of an inventory, from 0; 0 of anything else. */
  readonly part: number;
  /** Rows read of that part, those that could not be read included. */
  readonly rows: number;
  /** Of a listing: its last key. */
  readonly key?: string | undefined;
}

/** Is it an entry that becomes a row of the run? */
export function isRow(entry: PlanEntry): entry is Extract<PlanEntry, { kind: "row" | "invalid" | "unchanged" }> {
  return entry.kind === "row" || entry.kind === "invalid" || entry.kind === "unchanged";
}

/** Leaves out the first `count` rows. */
export async function* skipRows(entries: PlanEntries, count: number): AsyncGenerator<readonly PlanEntry[]> {
  let left = count;
  for await (const batch of entries) {
    if (left === 0) {
      yield batch;
      continue;
    }
    let at = 0;
    for (; at < batch.length && left > 0; at++) if (isRow(batch[at] as PlanEntry)) left--;
    if (at < batch.length) yield batch.slice(at);
  }
}
