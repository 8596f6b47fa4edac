/**
 * May the protection of a bucket be taken off? Where a check agreed, and nothing was written in the source since: the certificate of that
 * check says what it was of. The protection is the bucket's, so all that it covers must have been checked.
 */
import { parallelListing } from "../../cos/listing/parallel.ts";
import { isProtectable } from "../../cos/origin-protect.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import type { Certificate } from "../../report/certificate.ts";
import { printAddress, readAddress } from "../../vocabulary/address.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { withoutLedgers } from "../places/without-ledgers.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { createListCounter } from "./list-totals.ts";

/** Throws UserError `CheckNeeded`, `CheckDisagreed`, `CheckOutdated`; BucketError. */
export async function checkStillHolds(
  certificate: Certificate,
  source: Place,
  surroundings: Surroundings,
  signal?: AbortSignal,
): Promise<void> {
  const prefix = checkedPrefix(certificate, source);
  const began = wholeSecond(Date.parse(certificate.beganAt));
  const { open, clock, random, log } = surroundings;
  const bucket = open("source", source);
  const counter = createListCounter();
  let later: ListedObject | undefined;
  const pages = parallelListing(bucket, "", { clock, random, log, signal });
  for await (const page of withoutLedgers(pages, source.bucket, () => undefined)) {
    const checked = page.filter(({ key }) => key.startsWith(prefix));
    counter.take(checked);
    const unchecked = page.find(({ key }) => !key.startsWith(prefix) && isProtectable(key));
    if (unchecked !== undefined) throw elsewhere(certificate, unchecked.key, bucket.address);
    for (const object of checked) {
      if (object.lastModified >= began && object.lastModified >= (later?.lastModified ?? 0)) later = object;
    }
  }
  // What was written in the second in which the check began is known by the list itself.
  const listed = certificate.lists.find(({ of }) => of === "source");
  const { objects, sha256 } = counter.totals();
  if (sha256 === listed?.sha256) return;
  if (later === undefined) {
    // What was uploaded in parts may tell when that began.
    if (objects <= certificate.objects) return;
    throw new UserError(
      "CheckOutdated",
      `The check of ${certificate.source} found ${certificate.objects} ${nounOf(certificate.objects, "object")}, and ${objects} are there now: whether all are archived is not known, so the protection stays on; archive what is new, and check again.`,
    );
  }
  throw new UserError(
    "CheckOutdated",
    `The check began at ${certificate.beganAt}, and ${quote(later.key)} was written in ${bucket.address} at ${isoTime(later.lastModified)}: whether that is archived is not known, so the protection stays on; archive what is new, and check again.`,
  );
}

/** Last-Modified is told in whole seconds. */
const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** What the keys begin with that the certificate tells of. */
function checkedPrefix(certificate: Certificate, source: Place): string {
  const { by, agreed, missing, differs, extra, uncompared } = certificate;
  const address = readAddress(certificate.source);
  const isIts = !("fault" in address) && address.bucket === source.bucket;
  if (by !== "check" || !isIts) {
    const what = by === "check" ? `a check of ${certificate.source}` : "what verify says of a run's archive";
    throw new UserError(
      "CheckNeeded",
      `The certificate is of ${what}, and the protection to be taken off is that of ${printAddress({ bucket: source.bucket, prefix: "" })}; give the certificate of a check of it.`,
    );
  }
  if (!agreed) {
    throw new UserError(
      "CheckDisagreed",
      `The check of ${certificate.source} with ${certificate.archive} did not agree: ${missing} missing, ${differs} different, ${uncompared} not compared, ${extra} in the archive alone; the protection stays on. Archive what is missing, and check again (with --one-way what the archive alone holds is passed over).`,
    );
  }
  return address.prefix;
}

function elsewhere({ source }: Certificate, key: string, address: string): UserError {
  return new UserError(
    "CheckOutdated",
    `The check was of ${source}, and the protection is that of all of ${address}: ${quote(key)} lies outside, and whether it is archived is not known, so the protection stays on; check the whole bucket.`,
  );
}
