/**
 * Asks a user's own bucket what documents leave open about the service. It writes nothing into the source; what it copies into the ledger's
 * folder it deletes again (copy.ts). What an earlier answer settles is not asked. What the replies settle is in findings.ts.
 */
import { ulid } from "ulid";
import type { Bucket, ListedObject } from "../../../objects/bucket.ts";
import { isBucketError } from "../../../objects/error.ts";
import { counted } from "../../../vocabulary/counted.ts";
import { RefusedError } from "../../../vocabulary/errors.ts";
import { keysPerPage } from "../../../vocabulary/limits.ts";
import { needOf } from "../../../vocabulary/permissions.ts";
import { tried } from "../doctor-findings.ts";
import { createAsking } from "./asking.ts";
import { imageOf } from "./image.ts";
import { createPlainGets } from "./plain-gets.ts";
import type { Probed } from "./probed.ts";
import { type Answer, isSaid, isServed, knownOf } from "./replies.ts";
import { chooseSamples, largestSample, type Samples, smallestOf } from "./samples.ts";
import type { ProbeReplies, SuffixReplies } from "./verdicts.ts";

/** Pages of the listing that are looked through for something to try. */
const PAGES = 3;

/**
 * What can be tried, and requests that this took.
 * @param key nothing is listed, and this alone is tried
 * @throws BucketError; RefusedError where the source may not be listed
 */
export async function listSamples({ bucket, prefix }: Pick<Probed, "bucket" | "prefix">, key?: string) {
  if (key !== undefined) {
    const head = await tried(() => bucket.head(key));
    if (!head.ok) throw head.error;
    const { size = 0, etag = "", lastModified = 0 } = head.value;
    return { samples: chooseSamples([{ key, size, etag, lastModified }], "only key that was to be tried"), sent: 1 };
  }
  const objects: ListedObject[] = [];
  let marker: string | undefined;
  let sent = 0;
  do {
    const page = await tried(() => bucket.list({ prefix, marker, maxKeys: keysPerPage }));
    if (!page.ok) throw unlisted(page.error, bucket);
    sent++;
    objects.push(...page.value.objects);
    marker = page.value.nextMarker;
  } while (marker !== undefined && sent < PAGES);
  return { samples: chooseSamples(objects, `first ${counted(objects.length, "key")}`), sent };
}

function unlisted(error: Error, { address }: Bucket): Error {
  if (!isBucketError(error) || error.code !== "AccessDenied") return error;
  const message = `${address} may not be listed (${needOf("cos", "list")}), so that nothing is known to try; name an image with --key`;
  return new RefusedError(error.code, `${message}: ${error.message}`, { cause: error });
}

/** Replies, and by which code the credentials were refused in the middle of it. */
export interface Probing {
  readonly replies: ProbeReplies;
  readonly refused: string | undefined;
}

export async function probe(probed: Probed, samples: Samples): Promise<Probing> {
  const { bucket, prefix } = probed;
  const nothing = `${prefix}cos-originals-probe-${ulid(probed.clock.now(), probed.random)}`;
  const asking = createAsking(probed);
  const protection = await asking.setting(() => bucket.getOriginProtect());
  const slim = await asking.setting(() => bucket.getSmartCompression());
  const query = [["ci-process", "originImage"]] as const;
  const missingOriginal = await asking.exact({ method: "GET", key: `${nothing}.jpg`, query });
  const plain = createPlainGets(asking, `${nothing}.txt`, missingOriginal);
  const suffixes: SuffixReplies[] = [];
  // Where nothing is protected, one image is enough to see that it is so.
  const images = [...samples.bySuffix.values()];
  const isOff = "is" in protection && !protection.is;
  for (const sample of isOff ? smallestOf(images) : images) suffixes.push(await plain.of(sample));
  const upperCase = isOff ? undefined : await plain.ofUpperCase(samples.upperCase, suffixes);
  const image = await imageOf(probed, asking, samples, plain, suffixes);
  const inVain = image !== undefined && !(isSaid(image.original) && isServed(image.original));

  const fetched = async (object: ListedObject | undefined, otherwise: string): Promise<Answer> => {
    if (object === undefined) return { unanswered: `${otherwise} is among the ${samples.among}` };
    if (inVain) return { unanswered: "originImage itself did not bring the image" };
    return asking.exact({ method: "GET", key: object.key, query }, knownOf(object));
  };
  const replies = {
    protection,
    slim,
    // An image that came says so too.
    ci: image === undefined || inVain ? await asking.setting(() => bucket.getCiStatus()) : undefined,
    controls: plain.controls(),
    suffixes,
    upperCase,
    image,
    empty: await fetched(samples.empty, "no empty object"),
    other: await fetched(samples.other, "no object but images"),
    large: await fetched(samples.large, `no image of more than 32 MB and at most ${largestSample / 1024 ** 2} MB`),
  };
  return { replies, refused: asking.refused() };
}
