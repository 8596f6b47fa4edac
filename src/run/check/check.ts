/** What a check of two places is of, and what it finds. */
import type { ListedObject } from "../../objects/bucket.ts";
import type { Place } from "../messages/messages.ts";
import { type EqualBy, waysToBeEqual } from "./judge.ts";
import type { ListTotals } from "./list-totals.ts";

export interface CheckedPlaces {
  readonly source: Place;
  readonly archive: Place;
  /** What lies there is no copy of anything. */
  readonly ledger: Place;
  /** What goes before a source key to make its archive key. */
  readonly before: string;
  /** Objects that the source must have; fewer is a typo in its prefix sooner than a source. */
  readonly leastRows: number;
}

export type DifferenceKind =
  /** The archive has no such object. */
  | "missing"
  /** It has another one. */
  | "differs"
  /** The archive has it, and the source does not. */
  | "extra"
  /** Both have one, of one length as far as they tell, and no checksum says whether it is the same. */
  | "uncompared";

export const differenceKinds = [
  "missing",
  "differs",
  "extra",
  "uncompared",
] as const satisfies readonly DifferenceKind[];

export interface Difference {
  readonly kind: DifferenceKind;
  /** The source's; of what is extra the key that it would have there. */
  readonly key: string;
  /** The whole key in the archive. */
  readonly archiveKey: string;
  readonly message: string;
  /** As it was listed in the source; absent of what is extra. */
  readonly source?: Pick<ListedObject, "size" | "etag" | "storageClass"> | undefined;
}

/** Two objects that LISTs alone do not tell apart. */
export interface Pair {
  readonly key: string;
  readonly archiveKey: string;
  readonly source: Pick<ListedObject, "size" | "etag" | "storageClass">;
}

/** Where pairs are kept until they are asked for: there may be millions of them. */
export interface KeptPairs {
  add(pairs: readonly Pair[]): Promise<void>;
  /** All of them, in their order; nothing is added after it. */
  read(): AsyncIterable<readonly Pair[]>;
}

export interface CheckCounts {
  same: number;
  proofs: Record<EqualBy, number>;
  missing: number;
  differs: number;
  extra: number;
  uncompared: number;
  /** Were in the source when it was listed, and no longer when they were asked for. */
  gone: number;
  requests: Record<"source.list" | "archive.list" | "source.head" | "archive.head", number>;
}

export const noCheckCounts = (): CheckCounts => ({
  same: 0,
  proofs: Object.fromEntries(waysToBeEqual.map((way) => [way, 0])) as Record<EqualBy, number>,
  missing: 0,
  differs: 0,
  extra: 0,
  uncompared: 0,
  gone: 0,
  requests: { "source.list": 0, "archive.list": 0, "source.head": 0, "archive.head": 0 },
});

/** What LISTs told. */
export interface ListedPlaces {
  /** By the source's own clock, milliseconds since the epoch: what is newer was not looked at. */
  readonly beganAt: number;
  readonly source: ListTotals;
  readonly archive: ListTotals;
  /** Pairs that HEADs of both must tell apart. */
  readonly pairs: number;
}

/** Do the places agree? What could not be compared is no yes. With `oneWay` the archive may hold more. */
export const agree = (
  { missing, differs, extra, uncompared }: Pick<CheckCounts, DifferenceKind>,
  oneWay: boolean,
): boolean => missing === 0 && differs === 0 && uncompared === 0 && (oneWay || extra === 0);

export const messageOfMissing = "it is not in the archive";
export const messageOfExtra = "it is not in the source";
