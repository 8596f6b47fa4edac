/**
 * Does a server-side copy get round the protection? It goes into the ledger's folder, is looked at, and deleted again: by its version where the
 * bucket keeps versions, so that neither that nor a delete marker stays. Where it could not be deleted it is not made. What a probe
 * that was killed left there the next one takes away.
 */
import { decodeTime, ulid } from "ulid";
import { bucketHost } from "../../../cos/address/endpoint.ts";
import { encodeKey } from "../../../cos/signing/signature.ts";
import { probeCopyKey } from "../../../ledger/probe-copy.ts";
import type { ListedObject } from "../../../objects/bucket.ts";
import { quote } from "../../../vocabulary/errors.ts";
import { needOf } from "../../../vocabulary/permissions.ts";
import { tried } from "../doctor-findings.ts";
import { type Asking, askBare, type Bare, namesOf } from "./asking.ts";
import type { CopyTarget, Probed } from "./probed.ts";
import { type Answer, isRefused, isSaid, type Known, saidOf } from "./replies.ts";

/** No version has it, though it looks like one (document 436/19889). */
export const noVersion = "MTg0NDUxNTc1NjIzMTQ1MDAwODg";

/** Younger ones may be another probe's, which is at it. */
const LEFT_MS = 15 * 60_000;

export async function copyOf(probed: Probed, asking: Asking, { key }: ListedObject, known: Known): Promise<Answer> {
  const { bucket: source, copies, clock, random, leftBehind, holdsCopy } = probed;
  if ("why" in copies) return { unanswered: copies.why };
  const stopped = asking.stopped();
  if (stopped !== undefined) return { unanswered: stopped };
  const { bucket, ledger } = copies;
  const target = probeCopyKey(ledger.prefix, ulid(clock.now(), random));
  // It is not there, so nothing is deleted; a version is named, or where versions are kept a delete marker would stay.
  const allowed = await sent(probed, bucket, "DELETE", target, noVersion);
  if ("unanswered" in allowed) return allowed;
  if (allowed.reply.status === 403) {
    return { unanswered: `it was not tried, as the copy could not be deleted again (${needOf("cos", "delete")})` };
  }
  const from = `${bucketHost(source.name, source.region)}/${encodeKey(key)}`;
  holdsCopy?.(target);
  // Not given up when it is interrupted: nobody would know whether it was done. But then it is not asked for again.
  const request = { method: "PUT", key: target, headers: { "x-cos-copy-source": from } } as const;
  const put = await askBare(bucket, request, clock, probed.signal);
  const names = [...namesOf(source, key), ...namesOf(bucket, target)];
  const said = "reply" in put ? saidOf(put.reply, undefined, names) : { unanswered: put.unanswered };
  if (isSaid(said) && isRefused(said)) {
    holdsCopy?.(undefined);
    return said;
  }
  // What was asked for may have been done though no reply came.
  const held = await sent(probed, bucket, "HEAD", target);
  const version = versionIn(held) ?? versionIn(put);
  const left = await remove(probed, bucket, target, version);
  holdsCopy?.(undefined);
  if (left !== undefined) {
    leftBehind(`A copy was left behind as ${quote(target)} in the bucket ${bucket.name}: ${left}; delete it.`);
  }
  if (!isSaid(said)) return said;
  if ("unanswered" in held) return held;
  const { headers, etag, crc64, status } = held.reply;
  const isIt =
    status === 200 &&
    headers["content-length"] === String(known.size) &&
    (etag === known.etag || crc64 === known.crc64);
  const { tells } = saidOf(held.reply, known, names);
  return { ...said, tells, brought: isIt ? "object" : "other" };
}

/** Copies of earlier probes, which were killed before they could delete them. */
export async function removeLeft(probed: Probed): Promise<void> {
  const { copies, clock } = probed;
  if ("why" in copies) return;
  const { bucket, ledger } = copies;
  const prefix = probeCopyKey(ledger.prefix, "");
  const listed = await tried(() => bucket.list({ prefix, maxKeys: 100 }));
  for (const { key } of listed.ok ? listed.value.objects : []) {
    const id = key.slice(prefix.length);
    if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id) || clock.now() - decodeTime(id) < LEFT_MS) continue;
    await remove(probed, bucket, key, versionIn(await sent(probed, bucket, "HEAD", key)));
  }
}

/** Undefined where nothing of it is left; else why something is. */
async function remove(probed: Probed, bucket: CopyTarget, key: string, version?: string): Promise<string | undefined> {
  const deleted = await sent(probed, bucket, "DELETE", key, version);
  if ("unanswered" in deleted) return deleted.unanswered;
  const { status, code = String(status), headers } = deleted.reply;
  if (status >= 300 && status !== 404) return `deleting it was refused (${code})`;
  if (version !== undefined || headers["x-cos-delete-marker"] !== "true") return undefined;
  // Of a bucket whose versioning is suspended: the marker took the copy's place.
  if (headers["x-cos-version-id"] !== "null") return "the bucket keeps it as a version below a delete marker";
  const unmarked = await sent(probed, bucket, "DELETE", key, "null");
  return "reply" in unmarked && unmarked.reply.status < 300 ? undefined : "a delete marker is there";
}

/** Whatever was begun is put in order, also once the probe is to stop. */
function sent(
  { clock }: Probed,
  bucket: CopyTarget,
  method: "HEAD" | "DELETE",
  key: string,
  versionId?: string,
): Promise<Bare> {
  const query = versionId === undefined ? undefined : ([["versionId", versionId]] as const);
  return askBare(bucket, query === undefined ? { method, key } : { method, key, query }, clock);
}

const versionIn = (came: Bare): string | undefined =>
  "reply" in came && came.reply.status < 300 ? came.reply.headers["x-cos-version-id"] : undefined;
