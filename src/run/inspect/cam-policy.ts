/**
 * The least that credentials must be allowed to do for a run, as a CAM policy (access management; its shape is that of document
 * 436/7749). Pure.
 */
import type { Place } from "../messages/messages.ts";

export interface CamPolicy {
  readonly version: "2.0";
  readonly statement: readonly CamStatement[];
}

export interface CamStatement {
  readonly effect: "allow";
  readonly action: readonly string[];
  readonly resource: readonly string[];
}

export interface NeedsOfRun {
  readonly source: Place;
  readonly archive: Place;
  readonly ledger: Place;
  /** A manifest that lies in a bucket. An inventory's files lie beside it, wherever its manifest.json says. */
  /** Are originals restored from archive classes? */
  readonly restores?: boolean | undefined;
  readonly manifest?:
    | { readonly bucket: string; readonly region: string; readonly key: string; readonly isInventory: boolean }
    | undefined;
}

/** originImage needs no action of the image service, once that is bound to the bucket. Above 5 GB an upload is multipart. */
const READ = ["GetObject", "HeadObject"];
/** Costs money, so only of who asks for it (document 436/12633). */
const RESTORE = "PostObjectRestore";
const LIST = ["GetBucket"];
const WRITE = [
  "PutObject",
  "HeadObject",
  "InitiateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
];
const LEDGER = ["GetObject", "HeadObject", "PutObject"];

export function camPolicy({ source, archive, ledger, manifest, restores }: NeedsOfRun): CamPolicy {
  // What is not in COS is not CAM's to allow.
  const inCos = [source, archive, ledger].filter(({ store }) => store === undefined);
  const statement = [allow(restores === true ? [...READ, RESTORE] : READ, below(source))];
  if (archive.store === undefined) statement.push(allow(WRITE, below(archive)));
  if (ledger.store === undefined) statement.push(allow(LEDGER, below(ledger)));
  if (manifest !== undefined)
    statement.push(allow(READ, manifest.isInventory ? whole(manifest) : resource(manifest, manifest.key)));
  // Not for --list alone: where listing is not allowed COS may say 403 of a key that does not exist, and a missing original, or
  // one that is not archived yet, would be taken for a refusal.
  const listed = new Set(inCos.map(whole));
  statement.push(allow(LIST, ...listed));
  return { version: "2.0", statement };
}

function allow(actions: readonly string[], ...resources: readonly string[]): CamStatement {
  return { effect: "allow", action: actions.map((action) => `name/cos:${action}`), resource: resources };
}

type InBucket = Pick<Place, "bucket" | "region">;

const below = (place: Place) => resource(place, `${place.prefix}*`);
const whole = (bucket: InBucket) => resource(bucket, "*");

/** `uid/` takes the APPID, the digits that end a bucket's name. */
function resource({ bucket, region }: InBucket, key: string): string {
  return `qcs::cos:${region}:uid/${bucket.slice(bucket.lastIndexOf("-") + 1)}:${bucket}/${key}`;
}
