/**
 * Looks at buckets and credentials before anybody trusts them with a night: may they do what a run does, does the clock agree, is
 * the source protected, what does originImage answer, and what comes where there is no original. Leaves nothing behind, and
 * fetches one original, which is paid for as any other.
 */
import { ulid } from "ulid";
import type { OriginProtect } from "../../cos/origin-protect.ts";
import type { SlimSetting, SmartCompression } from "../../cos/smart-compression.ts";
import type { Bucket, ListPage } from "../../objects/bucket.ts";
import { keepsVersions } from "../../objects/keeps-versions.ts";
import { tryRestore } from "../../objects/try-restore.ts";
import { isArchiveClass } from "../../vocabulary/choices.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { needOf } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import { placesFault } from "../places/places-apart.ts";
import { noSuchBucket } from "../plan/preflight.ts";
import { type ExaminedDisk, examineDisk } from "./doctor-disk.ts";
import { type Finding, finding, type Tried, tried, triedOnce } from "./doctor-findings.ts";
import { examineOriginal } from "./doctor-original.ts";
import { examineArchive, examineHistory, examineLedger } from "./doctor-writing.ts";

export interface Patient {
  readonly source: Place;
  readonly archive: Place;
  readonly ledger: Place;
  /** The original to fetch; one of the first that a listing shows where it is not said. */
  readonly key?: string | undefined;
  /** Are originals to be restored from archive classes? Then it is looked whether that is allowed. */
  readonly restores?: boolean | undefined;
  /** Where in the archive's bucket replaced objects are to be kept. */
  readonly history?: string | undefined;
  readonly open: {
    (role: "source", place: Place): Bucket & Pick<OriginProtect, "getOriginProtect"> & SmartCompression;
    (role: "archive" | "ledger", place: Place): Bucket;
  };
  readonly clock: Clock;
  readonly random: Random;
}

/** Clocks that differ by less are no concern; by more than 15 minutes COS refuses what is signed (document 436/40105). */
const SKEW_MS = 30_000;

/**
 * One finding after the other, as they are made. The last ones are left out where the credentials themselves are refused.
 * Throws UserError `NoSuchBucket`.
 */
export async function* examine(patient: Patient): AsyncGenerator<Finding> {
  const { source, open, clock } = patient;
  const fault = placesFault({ ...patient, options: patient });
  if (fault !== undefined) yield finding("places", "bad", fault.replace(/\.$/, ""));
  const bucket = open("source", source);
  const where = `${bucket.address} in ${bucket.region}`;
  const askedAt = clock.elapsed();
  let listed = await triedOnce(() => bucket.list({ prefix: source.prefix, maxKeys: 1000 }));
  const tookMs = clock.elapsed() - askedAt;
  const refusedFor = listed.ok ? undefined : listed.error;
  if (refusedFor?.clockSkewMs !== undefined && Math.abs(refusedFor.clockSkewMs) >= SKEW_MS) {
    yield clockFinding(refusedFor.clockSkewMs, tookMs);
    // Signed by the service's clock now.
    listed = await tried(() => bucket.list({ prefix: source.prefix, maxKeys: 1000 }));
  } else if (listed.ok && listed.value.serverTime !== undefined) {
    yield clockFinding(listed.value.serverTime - clock.now(), tookMs);
  }
  if (listed.ok) yield finding("source", "good", `the credentials are accepted, and may list ${where}`);
  else if (listed.error.code === "AccessDenied") {
    yield finding(
      "source",
      "warning",
      `${where} may not be listed (${needOf("cos", "list")}): --list can't work, and a key that is not there may look refused`,
    );
  } else if (listed.error.code === "NoSuchBucket") throw noSuchBucket("the source", bucket, listed.error);
  else {
    yield finding("source", "bad", `${where} can't be used: ${listed.error.message}`);
    return;
  }
  const slim = await tried(() => bucket.getSmartCompression());
  yield await protection(bucket, slim.ok && slim.value.auto);
  yield smartCompression(slim);
  yield await examineOriginal(bucket, patient.key, listed.ok ? listed.value : undefined);
  if (patient.restores === true) yield await restoring(bucket, patient.key, listed.ok ? listed.value : undefined);
  yield await missingKey(patient, bucket);
  yield* examineWriting(patient);
  yield await examineHistory(open("archive", patient.archive), patient.archive, patient.history);
  if (await keepsVersions(open("ledger", patient.ledger), patient.ledger.prefix)) {
    yield finding(
      "versions",
      "warning",
      `the bucket ${patient.ledger.bucket} keeps versions, so COS forbids no overwriting in it: never start one run twice at the same moment, or some of its work is done twice`,
    );
  }
}

async function* examineWriting({ archive, ledger, open }: Patient): AsyncGenerator<Finding> {
  const disks = new Map<string, ExaminedDisk>();
  for (const [role, place, examine] of [
    ["archive", archive, examineArchive],
    ["ledger", ledger, examineLedger],
  ] as const) {
    const bucket = open(role, place);
    let disk = disks.get(bucket.address);
    if (disk === undefined) {
      disk = await examineDisk(bucket);
      disks.set(bucket.address, disk);
      yield* disk.findings;
    }
    if (disk.usable) yield await examine(bucket, place);
  }
}

/**
 * The service says its time in whole seconds, of some moment while it was asked: the difference lies between what was reckoned after the reply and
 * so much more.
 *
 * @param least by the service's time, when its reply was there
 * @param tookMs from before the request to after the reply
 */
function clockFinding(least: number, tookMs: number): Finding {
  const half = (tookMs + 1_000) / 2;
  const skewMs = least + half;
  const about =
    half < 1_500
      ? ""
      : ` (give or take ${Math.ceil(half / 1000)} s, for the service took ${Math.round(tookMs / 1000)} s to reply)`;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) < SKEW_MS) return finding("clock", "good", "this machine's clock agrees with the service's");
  const which = skewMs > 0 ? "behind" : "ahead of";
  return finding(
    "clock",
    "warning",
    `this machine's clock is ${seconds} s ${which} the service's${about}; requests are signed by the service's, but set it right`,
  );
}

async function protection(bucket: Pick<OriginProtect, "getOriginProtect">, slimmed: boolean): Promise<Finding> {
  const reply = await tried(() => bucket.getOriginProtect());
  if (reply.ok && !reply.value && slimmed) {
    return finding(
      "protection",
      "good",
      "Original Image Protection is off, but plain GETs bring what Smart Compression made: originals come by originImage alone",
    );
  }
  if (reply.ok) {
    return reply.value
      ? finding("protection", "good", "Original Image Protection is on")
      : finding(
          "protection",
          "warning",
          "Original Image Protection is off: a plain GET would bring the originals without the fee for processing",
        );
  }
  const why =
    reply.error.status === 403
      ? "it may not be asked (ci:DescribeOriginProtect), which no run needs"
      : reply.error.message;
  return finding("protection", "unknown", `whether Original Image Protection is on is not known: ${why}`);
}

/** In mode Auto a plain copy of an image is none of the original. */
function smartCompression(setting: Tried<SlimSetting>): Finding {
  const check = "smart compression";
  if (!setting.ok) {
    const why =
      setting.error.status === 403
        ? "it may not be asked (ci:DescribeImageSlim), which no run needs"
        : setting.error.message;
    return finding(check, "unknown", `whether Smart Compression is on is not known: ${why}`);
  }
  const { auto, suffixes } = setting.value;
  if (!auto) return finding(check, "good", "Smart Compression leaves plain GETs as they are");
  const of = suffixes.length === 0 ? "images" : suffixes.join(", ");
  return finding(
    check,
    "good",
    `Smart Compression makes plain GETs of ${of} smaller, under the original's ETag; a run fetches by originImage, and archives nothing that was made smaller`,
  );
}

/** Asked under a Content-MD5 that can't be right: whoever may restore is told so, and nothing is restored. */
async function restoring(bucket: Bucket, key: string | undefined, listed: ListPage | undefined): Promise<Finding> {
  const check = "restore";
  const asked =
    key ?? listed?.objects.find(({ storageClass }) => isArchiveClass(storageClass))?.key ?? listed?.objects[0]?.key;
  if (asked === undefined)
    return finding(check, "unknown", "whether originals may be restored is not known: no key to ask it of");
  const reply = await tried(() => tryRestore(bucket, asked));
  if (!reply.ok)
    return finding(check, "unknown", `whether originals may be restored is not known: ${reply.error.message}`);
  if (reply.value.kind === "allowed") {
    return finding(check, "good", `originals in an archive class may be restored (${needOf("cos", "restore")})`);
  }
  const { error } = reply.value;
  return error.status === 403
    ? finding(check, "bad", `originals may not be restored, ?restore, ${needOf("cos", "restore")}: ${error.message}`)
    : finding(check, "unknown", `whether originals may be restored is not known: ${error.message}`);
}

/** What comes for an original that was deleted meanwhile. */
async function missingKey({ source, clock, random }: Patient, bucket: Bucket): Promise<Finding> {
  const key = `${source.prefix}cos-originals-doctor-${ulid(clock.now(), random)}.jpg`;
  const reply = await tried(() => bucket.get(key, { originImage: true }));
  if (reply.ok) {
    reply.value.stream?.destroy();
    return finding(
      "missing key",
      "warning",
      `a key that is not there is answered ${reply.value.status} and a picture: set the bucket's "4xx image setting" to Return code; such rows fail, but the reason is not told`,
    );
  }
  const { error } = reply;
  if (error.status === 404)
    return finding("missing key", "good", `a key that is not there is answered 404 (${error.code})`);
  if (error.status === 403) {
    return finding(
      "missing key",
      "warning",
      `a key that is not there is answered 403 (${error.code}), as a refusal is: allow ${needOf("cos", "list")} on the source`,
    );
  }
  return finding("missing key", "unknown", `what a key that is not there is answered is not known: ${error.message}`);
}
