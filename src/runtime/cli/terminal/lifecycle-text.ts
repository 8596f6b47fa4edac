/** What `policy --lifecycle` prints: rules as the buckets' API takes them, and what they are to be known for. */
import {
  type BucketLifecycle,
  type Kept,
  lifecycleDocument,
  lifecycleXml,
  longestRunDays,
} from "../../../run/places/lifecycle.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { UserError } from "../../../vocabulary/errors.ts";

const usual = "90";
const most = 36_500;

export const keepDaysFlag = [
  "--keep-days <N>",
  "with --lifecycle, days that runs and copies in the history are kept",
  usual,
] as const;

/** Throws UserError `InvalidSetting`. */
export function keptOf(said: unknown): Kept {
  const days = /^\d{1,5}$/.test(String(said)) ? Number(said) : 0;
  if (days >= longestRunDays && days <= most) return { runs: days, history: days };
  throw new UserError(
    "InvalidSetting",
    `--keep-days ${JSON.stringify(String(said))} is no number of days from ${longestRunDays} to ${most}: a run may take up to ${longestRunDays} days, and no rule may remove the ledger of one that is not over; --keep-days ${usual} would do.`,
  );
}

const nameOf = ({ store, bucket }: BucketLifecycle["bucket"]): string =>
  printAddress({ ...(store && { store }), bucket, prefix: "" });

export const lifecyclesDocument = (lifecycles: readonly BucketLifecycle[], { runs }: Kept) => ({
  schema: "cos-originals/lifecycle@1",
  keepDays: runs,
  buckets: lifecycles.map((one) => ({ bucket: nameOf(one.bucket), configuration: lifecycleDocument(one) })),
});

/** COS takes XML, S3's command line JSON. */
export function lifecyclesText(lifecycles: readonly BucketLifecycle[]): readonly string[] {
  return lifecycles.flatMap((one) =>
    one.bucket.store === "s3" ? JSON.stringify(lifecycleDocument(one), undefined, 2).split("\n") : lifecycleXml(one),
  );
}

export function lifecycleNotes(lifecycles: readonly BucketLifecycle[], { runs }: Kept): readonly string[] {
  const buckets = lifecycles.map((one) => nameOf(one.bucket));
  return [
    `These are rules for ${buckets.join(", and then for ")}. Putting a lifecycle replaces all rules that a bucket has: add them to those.`,
    `A rule tells no run that is over from one that is not: whatever is older than ${runs} days goes. What stays halted or unfinished for longer loses its ledger; runs shows which those are.`,
  ];
}
