/**
 * Retention is the bucket's: lifecycle rules for what runs leave behind, their ledgers and the copies in a history. Pure.
 *
 * A rule knows prefix and age alone, and a run's folder has the same prefix whether the run is over or not. So it is age that keeps what
 * is not over: no object goes before it is older than the longest that a run may take by itself. Only a run that people leave halted for longer
 * than the rules say loses its ledger.
 */
import { ledgerRanges } from "../../ledger/own-keys.ts";
import { sameBucket } from "../../vocabulary/address.ts";
import type { Place } from "../messages/messages.ts";

/**
 * Days: a queue keeps a message for 14 (SQS; TDMQ 15), and an original is restored three times at most, each waited for a week; the longer of
 * both, and some days for what is then left to do.
 */
export const longestRunDays = 30;

export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  /** Objects that are older go. */
  readonly days: number;
}

export interface BucketLifecycle {
  readonly bucket: Pick<Place, "store" | "bucket" | "region">;
  readonly rules: readonly LifecycleRule[];
}

export interface Kept {
  /** Days that the ledgers of runs are kept, at least `longestRunDays`. */
  readonly runs: number;
  /** Days that copies in the history are kept. */
  readonly history: number;
}

/** One for each bucket that holds something of it. A folder has no lifecycle. @param history folder of keys in the archive's bucket */
export function lifecyclesOf(
  {
    archive,
    ledger,
    history,
  }: { readonly archive: Place; readonly ledger: Place; readonly history?: string | undefined },
  kept: Kept,
): readonly BucketLifecycle[] {
  const ofLedger = ledgerRanges(ledger).map(({ prefix }) => ruleOf("runs", prefix, kept.runs));
  const ofHistory = history === undefined ? [] : [ruleOf("history", history, kept.history)];
  const all = sameBucket(archive, ledger)
    ? [{ bucket: ledger, rules: [...ofLedger, ...ofHistory] }]
    : [
        { bucket: ledger, rules: ofLedger },
        { bucket: archive, rules: ofHistory },
      ];
  return all.filter(({ bucket, rules }) => bucket.store !== "file" && rules.length > 0);
}

/** Named by what it keeps and where, so that the rules of several archives can stand in one bucket. */
const ruleOf = (what: string, prefix: string, days: number): LifecycleRule => ({
  id: `cos-originals ${what} ${prefix}`.slice(0, 255),
  prefix,
  days,
});

/** Does the rule remove such an object? */
export const removes = ({ prefix, days }: LifecycleRule, key: string, ageDays: number): boolean =>
  key.startsWith(prefix) && ageDays > days;

/** As S3 takes it, and the SDKs of COS. In a bucket with versions what has gone leaves a version, which goes a day later. */
export const lifecycleDocument = ({ rules }: BucketLifecycle) => ({
  Rules: rules.map(({ id, prefix, days }) => ({
    ID: id,
    Status: "Enabled",
    Filter: { Prefix: prefix },
    Expiration: { Days: days },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
  })),
});

/** The body of COS's PUT Bucket lifecycle (document 436/8280), one line an element. */
export function lifecycleXml({ rules }: BucketLifecycle): readonly string[] {
  return [
    "<LifecycleConfiguration>",
    ...rules.flatMap(({ id, prefix, days }) => [
      "  <Rule>",
      `    <ID>${xmlText(id)}</ID>`,
      "    <Status>Enabled</Status>",
      `    <Filter><Prefix>${xmlText(prefix)}</Prefix></Filter>`,
      `    <Expiration><Days>${days}</Days></Expiration>`,
      "    <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>",
      "  </Rule>",
    ]),
    "</LifecycleConfiguration>",
  ];
}

const xmlText = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
