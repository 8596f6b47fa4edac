/** May archive and ledger be written, read and listed, without leaving anything there? */
import type { Bucket } from "../../objects/bucket.ts";
import { type TriedPut, tryPut } from "../../objects/try-put.ts";
import { printAddress, storeOf } from "../../vocabulary/address.ts";
import { quote } from "../../vocabulary/errors.ts";
import { needOf, type Operation } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";
import { historyRange } from "../places/places-apart.ts";
import { historyFault, versioningOf } from "../places/replaced.ts";
import { noSuchBucket } from "../plan/preflight.ts";
import { type Finding, finding, isPassing, type Tried, tried, type Verdict } from "./doctor-findings.ts";

/** Of the archive; what it holds already is not looked at. */
export async function examineArchive(bucket: Bucket, archive: Place): Promise<Finding> {
  const probe = `${archive.prefix}cos-originals-doctor`;
  const trouble =
    (await writing("the archive", bucket, probe)) ??
    refusal(await tried(() => bucket.head(probe)), needs(bucket, "HEAD", "head", "list"));
  return trouble === undefined
    ? finding("archive", "good", `${bucket.address}/${archive.prefix} may be written, and proves what it is given`)
    : finding("archive", trouble.verdict, `${bucket.address}/${archive.prefix}: ${trouble.says}`);
}

export async function examineLedger(bucket: Bucket, ledger: Place): Promise<Finding> {
  const probe = `${ledger.prefix}cos-originals-doctor`;
  const trouble =
    (await writing("the ledger", bucket, probe)) ??
    refusal(await tried(() => bucket.get(probe)), needs(bucket, "GET", "get")) ??
    refusal(await tried(() => bucket.list({ prefix: ledger.prefix, maxKeys: 1 })), needs(bucket, "listing", "list"));
  return trouble === undefined
    ? ((await lackOf(bucket, ledger)) ??
        finding("ledger", "good", `${bucket.address}/${ledger.prefix} may be written, read and listed`))
    : finding("ledger", trouble.verdict, `${bucket.address}/${ledger.prefix}: ${trouble.says}`);
}

/** What becomes of what a run replaces in the archive? */
export async function examineHistory(bucket: Bucket, archive: Place, history: string | undefined): Promise<Finding> {
  const check = "history";
  const versioning = await versioningOf(bucket, archive.prefix);
  if (history !== undefined) {
    const fault = historyFault(bucket, versioning);
    if (fault !== undefined) return finding(check, "bad", fault);
    const where = printAddress(historyRange(archive, history));
    const probe = `${history}cos-originals-doctor`;
    const trouble =
      (await writing("the history", bucket, probe)) ??
      refusal(await tried(() => bucket.get(`${archive.prefix}cos-originals-doctor`)), needs(bucket, "GET", "get"));
    return trouble === undefined
      ? finding(check, "good", `what a run replaces is copied to ${where} first, which may be written`)
      : finding(check, trouble.verdict, `${where}, to which what a run replaces is to be copied: ${trouble.says}`);
  }
  switch (versioning) {
    case "on":
      return finding(check, "good", `${bucket.address} keeps what a run replaces, as versions`);
    case undefined:
      return finding(
        check,
        "unknown",
        `whether ${bucket.address} keeps what a run replaces is not known: its versioning may not be asked (${needOf(storeOf(bucket.address), "versioning")}); --history history/ keeps it`,
      );
    default:
      return finding(
        check,
        "warning",
        `what a run replaces in ${bucket.address} is lost: there is neither a history nor are there versions; say --history history/${mayKeepVersions(bucket) ? ", or turn versions on" : ""}`,
      );
  }
}

/**
 * What a ledger rests on, and not each service that speaks the store's protocol has: is overwriting forbidden? Asked of an object that is there,
 * under a Content-MD5 that can't be right, which was refused a moment ago: nothing is stored.
 */
async function lackOf(bucket: Bucket, { prefix }: Place): Promise<Finding | undefined> {
  if (bucket.offers.forbidsOverwrite !== "by most") return undefined;
  const listed = await tried(() => bucket.list({ prefix, maxKeys: 1 }));
  const there = listed.ok ? listed.value.objects[0] : undefined;
  const asked = there && (await tried(() => tryPut(bucket, there.key, { forbidOverwrite: true })));
  const code = asked?.ok && asked.value.kind === "refused" ? asked.value.error.code : undefined;
  if (code === "FileAlreadyExists") return undefined;
  if (code !== "NotImplemented") {
    return finding(
      "ledger",
      "good",
      `${bucket.address}/${prefix} may be written, read and listed; whether overwriting is forbidden there is looked at as a run begins`,
    );
  }
  return finding(
    "ledger",
    "warning",
    `${bucket.address}/${prefix} may be written, read and listed, but the service knows no If-None-Match, so overwriting is not forbidden: never start one run twice at the same moment, or some of its work is done twice`,
  );
}

/** A request and the permission that it needs, for its refusal to stand behind, which names the request itself; "" where it needs none. */
function needs({ address }: Bucket, request: string, ...operations: readonly Operation[]): string {
  const need = needOf(storeOf(address), ...operations);
  return need === undefined ? "" : `${request}, ${need}: `;
}

const mayKeepVersions = ({ address }: Bucket): boolean => storeOf(address) !== "file";

type Trouble = { readonly verdict: Verdict; readonly says: string };

async function writing(what: string, bucket: Bucket, key: string): Promise<Trouble | undefined> {
  const asked = await tried(() => tryPut(bucket, key).then(throwRefused));
  if (!asked.ok) {
    if (asked.error.code === "NoSuchBucket") throw noSuchBucket(what, bucket, asked.error);
    return refusal(asked, needs(bucket, "PUT", "put"));
  }
  if (asked.value.kind !== "taken") return undefined;
  return {
    verdict: "bad",
    says: `it took bytes whose Content-MD5 was wrong (${quote(key)}), so --proof content-md5 proves nothing there; what stands between?`,
  };
}

/** A refusal for the clock is worth asking again. */
function throwRefused(put: TriedPut): TriedPut {
  if (put.kind === "refused") throw put.error;
  return put;
}

/** That there is no such key is what was to be heard. */
function refusal(reply: Tried<unknown>, what: string): Trouble | undefined {
  if (reply.ok || reply.error.status === 404) return undefined;
  return { verdict: isPassing(reply.error) ? "unknown" : "bad", says: `${what}${reply.error.message}` };
}
