/**
 * Asks a user's own bucket what documents leave open about the service. It writes nothing into the source; into the ledger's folder it
 * copies an image, to see whether a copy gets round the protection, and deletes that again. What the replies settle is in
 * probe-findings.ts.
 */
import { ulid } from "ulid";
import { bucketHost } from "../../cos/address/endpoint.ts";
import type { CiBinding } from "../../cos/ci-binding.ts";
import type { ExactReplies, ExactReply, ExactRequest } from "../../cos/exact-reply.ts";
import type { OriginProtect } from "../../cos/origin-protect.ts";
import { encodeKey } from "../../cos/signing/signature.ts";
import type { SmartCompression } from "../../cos/smart-compression.ts";
import { probeCopyKey } from "../../ledger/probe-copy.ts";
import type { Bucket, ListedObject } from "../../objects/bucket.ts";
import type { BucketError } from "../../objects/error.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { counted } from "../../vocabulary/counted.ts";
import { quote } from "../../vocabulary/errors.ts";
import { keysPerPage } from "../../vocabulary/limits.ts";
import type { Place } from "../messages/messages.ts";
import { isPassing, tried } from "./doctor-findings.ts";
import {
  type Answer,
  isProtectedBy,
  isRefused,
  isSaid,
  isServed,
  type Known,
  protectionErrNo,
  saidOf,
} from "./probe-replies.ts";
import { chooseSamples, largestSample, type Samples } from "./probe-samples.ts";
import type { ImageReplies, ProbeReplies, Setting, SuffixReplies } from "./probe-verdicts.ts";

export type ProbedBucket = Bucket &
  Pick<OriginProtect, "getOriginProtect"> &
  SmartCompression &
  CiBinding &
  ExactReplies;

export interface Probed {
  readonly bucket: ProbedBucket;
  readonly prefix: string;
  /** Where the copy goes; absent where it can't be tried, and why. */
  readonly copies: { readonly bucket: Bucket & ExactReplies; readonly ledger: Place } | { readonly why: string };
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly random: Random;
  /** Told of what is left behind. */
  readonly warn: (sentence: string) => void;
}

/** Pages of the listing that are looked through for something to try. */
const PAGES = 3;

/** @throws BucketError where the source can't be listed */
export async function listSamples({ bucket, prefix }: Pick<Probed, "bucket" | "prefix">) {
  const objects: ListedObject[] = [];
  let marker: string | undefined;
  let lists = 0;
  do {
    const page = await tried(() => bucket.list({ prefix, marker, maxKeys: keysPerPage }));
    if (!page.ok) throw page.error;
    lists++;
    objects.push(...page.value.objects);
    marker = page.value.nextMarker;
  } while (marker !== undefined && lists < PAGES);
  return { samples: chooseSamples(objects), lists };
}

/** No version has it, though it looks like one (document 436/19889). */
const noVersion = "MTg0NDUxNTc1NjIzMTQ1MDAwODg";
const noEtag = '"00000000000000000000000000000000"';
const original = [["ci-process", "originImage"]] as const;

export async function probe(probed: Probed, samples: Samples): Promise<ProbeReplies> {
  const { bucket, prefix } = probed;
  const nothing = `${prefix}cos-originals-probe-${ulid(probed.clock.now(), probed.random)}`;
  const exact = (request: ExactRequest, known?: Known) => answer(probed, bucket, request, known);
  const part = { range: "bytes=0-0" };

  const missingUnsigned = await exact({ method: "GET", key: `${nothing}.txt`, unsigned: true });
  const ofSuffix = async (suffix: string, object: ListedObject): Promise<SuffixReplies> => {
    const plain = { method: "GET", key: object.key, headers: part } as const;
    const unsigned = await exact({ ...plain, unsigned: true }, knownOf(object));
    if (isProtectedBy(unsigned, undefined, missingUnsigned) !== undefined) return { suffix, unsigned };
    return { suffix, unsigned, signed: await exact(plain, knownOf(object)) };
  };
  const suffixes: SuffixReplies[] = [];
  for (const [suffix, object] of samples.bySuffix) suffixes.push(await ofSuffix(suffix, object));
  const { upperCase, empty, other, large } = samples;
  const suffixOfUpper = upperCase?.key.slice(upperCase.key.lastIndexOf(".") + 1).toLowerCase();

  const fetched = (object: ListedObject | undefined, otherwise: string): Answer | Promise<Answer> =>
    object === undefined
      ? { unanswered: `${otherwise} is among the first ${counted(samples.keys, "key")}` }
      : exact({ method: "GET", key: object.key, query: original }, knownOf(object));
  return {
    protection: await setting(() => bucket.getOriginProtect()),
    slim: await setting(() => bucket.getSmartCompression()),
    ci: await setting(() => bucket.getCiStatus()),
    missingUnsigned,
    missingOriginal: await exact({ method: "GET", key: `${nothing}.jpg`, query: original }),
    suffixes,
    upperCase: upperCase && (await ofSuffix(suffixOfUpper ?? "", upperCase)),
    image: await ofImage(probed, samples, suffixes, missingUnsigned, `${nothing}.txt`),
    empty: await fetched(empty, "no empty object"),
    other: await fetched(other, "no object but images"),
    large: await fetched(large, `no image of more than 32 MB and at most ${largestSample / 1024 ** 2} MB`),
  };
}

async function ofImage(
  probed: Probed,
  { bySuffix, other }: Samples,
  suffixes: readonly SuffixReplies[],
  missing: Answer,
  nothing: string,
): Promise<ImageReplies | undefined> {
  const covered = suffixes.filter(({ unsigned, signed }) => isProtectedBy(unsigned, signed, missing) === true);
  const candidates = (covered.length > 0 ? covered : suffixes).flatMap(({ suffix }) => {
    const object = bySuffix.get(suffix);
    return object === undefined ? [] : [{ suffix, object }];
  });
  const [first, ...rest] = candidates;
  if (first === undefined) return undefined;
  const { suffix, object } = rest.reduce((best, each) => (each.object.size < best.object.size ? each : best), first);
  const { key } = object;
  const { bucket } = probed;
  const exact = (request: Omit<ExactRequest, "key">, known: Known) =>
    answer(probed, bucket, { ...request, key }, known);

  const listed = knownOf(object);
  const looked = await bare(probed, bucket, { method: "HEAD", key });
  // What it tells of the bytes is better than what the listing does.
  const known = "reply" in looked && looked.reply.status === 200 ? { ...listed, crc64: looked.reply.crc64 } : listed;
  const head = saidOrWhy(looked, known, namesOf(bucket, key));
  const control = isSaid(head) && isRefused(head) && head.errNo !== protectionErrNo;
  const get = { method: "GET" } as const;
  const copied = await copyOf(probed, object, known);
  const copyControl = other !== undefined && isSaid(copied) && isRefused(copied) && copied.errNo !== protectionErrNo;
  return {
    suffix,
    plainUnsigned: suffixes.find((each) => each.suffix === suffix)?.unsigned ?? missing,
    plainSigned: await exact(get, known),
    head,
    headOfOther: control ? await answer(probed, bucket, { method: "HEAD", key: other?.key ?? nothing }) : undefined,
    style: await exact({ ...get, query: [["style", "cos-originals-probe"]] }, known),
    originalUnsigned: await exact({ ...get, query: original, unsigned: true }, known),
    original: await exact({ ...get, query: original }, known),
    part: await exact({ ...get, query: original, headers: { range: "bytes=0-0" } }, known),
    ifMatch: await exact({ ...get, query: original, headers: { "if-match": noEtag } }, known),
    version: await exact({ ...get, query: [...original, ["versionId", noVersion]] }, known),
    copy: copied,
    copyOfOther: copyControl && other !== undefined ? await copyOf(probed, other, knownOf(other)) : undefined,
  };
}

/** Copied, looked at, and deleted again. */
async function copyOf(probed: Probed, { key }: ListedObject, known: Known): Promise<Answer> {
  const { bucket: source, copies, clock, random, warn } = probed;
  if ("why" in copies) return { unanswered: copies.why };
  const { bucket, ledger } = copies;
  const target = probeCopyKey(ledger.prefix, ulid(clock.now(), random));
  const from = `${bucketHost(source.name, source.region)}/${encodeKey(key)}`;
  const names = [...namesOf(source, key), ...namesOf(bucket, target)];
  const put = await bare(probed, bucket, { method: "PUT", key: target, headers: { "x-cos-copy-source": from } });
  const said = saidOrWhy(put, undefined, names);
  if (isSaid(said) && isRefused(said)) return said;
  // What was asked for may have been done though no reply came.
  const held = await bare(probed, bucket, { method: "HEAD", key: target });
  const deleted = await tried(() => bucket.delete(target));
  if (!deleted.ok) {
    warn(
      `A copy was left behind as ${quote(target)} in the bucket ${bucket.name}: ${deleted.error.message}; delete it.`,
    );
  }
  if (!isSaid(said)) return said;
  if (!("reply" in held)) return { unanswered: held.unanswered };
  const { headers, etag, crc64, status } = held.reply;
  const isIt =
    status === 200 &&
    headers["content-length"] === String(known.size) &&
    (etag === known.etag || crc64 === known.crc64);
  const { tells } = saidOf(held.reply, known, names);
  return { ...said, tells, brought: isIt ? "object" : "other" };
}

const knownOf = ({ size, etag }: ListedObject): Known => ({ size, etag, crc64: undefined });
const namesOf = (bucket: Bucket, key: string) => [key, bucket.name, bucket.name.split("-").at(-1) ?? "", bucket.region];

type Bare = { readonly reply: ExactReply } | { readonly unanswered: string };

async function answer(probed: Probed, bucket: ProbedBucket, request: ExactRequest, known?: Known): Promise<Answer> {
  return saidOrWhy(await bare(probed, bucket, request), known, namesOf(bucket, request.key));
}

const saidOrWhy = (came: Bare, known: Known | undefined, names: readonly string[]): Answer =>
  "reply" in came ? saidOf(came.reply, known, names) : came;

/** What may pass is waited for once; the clock is the service's by then (corrections follow from the listing). */
async function bare({ clock }: Pick<Probed, "clock">, bucket: ExactReplies, request: ExactRequest): Promise<Bare> {
  const once = async (): Promise<Bare> => {
    const came = await tried(() => bucket.exactReply(request));
    if (!came.ok) return { unanswered: `no reply came (${came.error.code})` };
    const { status } = came.value;
    return status >= 500 || status === 429 ? { unanswered: `it was answered ${status}` } : { reply: came.value };
  };
  const first = await once();
  if ("reply" in first) return first;
  await clock.sleep(1_000);
  return once();
}

async function setting<T>(request: () => Promise<T>): Promise<Setting<T>> {
  const came = await tried(request);
  return came.ok ? { is: came.value } : { unanswered: whyOf(came.error) };
}

/** Without what an error's message names. */
function whyOf(error: BucketError): string {
  if (error.status === 403) return "it may not be asked with these credentials";
  return isPassing(error) ? `no reply came (${error.code})` : `it was answered ${error.status}`;
}

/** Did anything come of it that a run could use? */
export const bringsOriginals = ({ image }: ProbeReplies): boolean =>
  image !== undefined && isSaid(image.original) && isServed(image.original);
