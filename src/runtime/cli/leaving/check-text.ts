/** What `check` tells: as a document, and to people. */
import type { Settings } from "../../../config/read.ts";
import { formatMoney } from "../../../report/quantity.ts";
import {
  agree,
  type CheckCounts,
  type Difference,
  type DifferenceKind,
  differenceKinds,
  type ListedPlaces,
} from "../../../run/check/check.ts";
import type { Place } from "../../../run/messages/messages.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { isoTime } from "../../../vocabulary/clock.ts";
import { counted, formatCount, verbOf } from "../../../vocabulary/counted.ts";

export interface CheckTold {
  readonly source: Place;
  readonly archive: Place;
  readonly listed: ListedPlaces;
  readonly counts: CheckCounts;
  readonly oneWay: boolean;
  /** Were the HEADs left out, that the pairs need? */
  readonly dryRun: boolean;
  /** The first of each kind. */
  readonly found: readonly Difference[];
  readonly heads: HeadsPriced;
}

export interface HeadsPriced {
  /** HEADs that the pairs need, of both sides. */
  readonly source: number;
  readonly archive: number;
  readonly currency: string;
  /** Of those in COS. */
  readonly estimate: number;
}

/** What comparing the pairs comes to; HEADs of what is no COS are not in its prices. */
export function priceHeads(pairs: number, archive: Place, { values }: Pick<Settings, "values">): HeadsPriced {
  const inCos = archive.store === undefined ? 2 * pairs : pairs;
  return {
    source: pairs,
    archive: pairs,
    currency: values.priceCurrency,
    estimate: (inCos / 10_000) * values.priceRequests,
  };
}

export function headsText({ source, archive, currency, estimate }: HeadsPriced): string {
  return `LISTs leave ${counted(source, "object")} open, each of which takes a HEAD of the source and one of the archive: ${formatCount(source + archive)} in all, about ${formatMoney(estimate, currency)}`;
}

export function checkDocument({ source, archive, listed, counts, oneWay, dryRun, found, heads }: CheckTold) {
  const { proofs, requests, ...kinds } = counts;
  return {
    schema: "cos-originals/check@1",
    agreed: dryRun ? null : agree(counts, oneWay),
    source: printAddress(source),
    archive: printAddress(archive),
    beganAt: isoTime(listed.beganAt),
    oneWay,
    dryRun,
    objects: listed.source.objects,
    bytes: listed.source.bytes,
    inArchive: listed.archive.objects,
    ...kinds,
    proofs,
    open: listed.pairs,
    requests,
    cost: { indicative: true, ...heads },
    lists: { source: listed.source.sha256, archive: listed.archive.sha256 },
    differences: found.map(({ kind, key, archiveKey, message, source: original }) => ({
      kind,
      key,
      archiveKey,
      message,
      ...(original === undefined ? {} : { size: original.size, etag: original.etag }),
    })),
  } as const;
}

const kindText: Readonly<Record<DifferenceKind, string>> = {
  missing: "missing in the archive",
  differs: "different there",
  uncompared: "could not be compared",
  extra: "in the archive alone",
};

export function checkText(told: CheckTold): readonly string[] {
  const { source, archive, listed, counts, oneWay, dryRun, found, heads } = told;
  const { same, gone, proofs } = counts;
  const places = `${printAddress(source)} and ${printAddress(archive)}`;
  const isAgreed = agree(counts, oneWay);
  const verdict = dryRun ? "were listed, and no HEAD was sent" : isAgreed ? "agree" : "do not agree";
  const ways = Object.entries(proofs).filter(([, count]) => count > 0);
  const lines = [
    `${places} ${verdict}: ${counted(listed.source.objects, "original")}, ${formatCount(same)} the same`,
    ...(ways.length > 0 ? [`  by ${ways.map(([way, count]) => `${way} ${formatCount(count)}`).join(", ")}`] : []),
    ...differenceKinds
      .filter((kind) => counts[kind] > 0)
      .map((kind) => `  ${formatCount(counts[kind])} ${verbOf(counts[kind], "is", "are")} ${kindText[kind]}`)
      .map((line) => line.replace(/ (?:is|are) could /, " could ")),
    ...(gone > 0 ? [`  ${formatCount(gone)} ${verbOf(gone, "was", "were")} deleted from the source meanwhile`] : []),
    ...(dryRun && heads.source > 0 ? [`  ${headsText(heads)}`] : []),
  ];
  for (const { kind, key, message } of found) lines.push(`  ${kind}: ${key}: ${message}`);
  const all = differenceKinds.reduce((sum, kind) => sum + (oneWay && kind === "extra" ? 0 : counts[kind]), 0);
  if (all > found.length) lines.push(`  and ${formatCount(all - found.length)} more`);
  if (!dryRun && !isAgreed && agree(counts, true)) {
    lines.push("  what the archive alone holds was perhaps deleted from the source since: --one-way passes over it");
  }
  return lines;
}
