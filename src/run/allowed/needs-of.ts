/** Which requests a command sends where: what its credentials must be allowed, whatever a store calls that. Pure. */
import { probeRange } from "../../ledger/probe-copy.ts";
import type { Operation } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";

/** What credentials are for. */
export const purposes = ["run", "doctor", "verify", "check", "protection", "restore", "lambda"] as const;
export type Purpose = (typeof purposes)[number];

/** Requests on objects, on a bucket as a whole, or on what is set of its images. */
export interface Need {
  readonly operations: readonly Operation[];
  readonly bucket: Pick<Place, "store" | "bucket" | "region">;
  readonly on:
    | { readonly kind: "below"; readonly prefix: string }
    | { readonly kind: "key"; readonly key: string }
    | { readonly kind: "bucket" }
    | { readonly kind: "images" };
}

export interface PlacesOfRun {
  readonly source: Place;
  readonly archive: Place;
  readonly ledger: Place;
  /** Are originals restored from archive classes? */
  readonly restores?: boolean | undefined;
  /** Where in the archive's bucket what is replaced is copied first. */
  readonly history?: string | undefined;
  readonly manifest?: StoredManifest | undefined;
  /** What is left out. */
  readonly except?: StoredManifest | undefined;
}

/** A manifest that lies in a bucket. An inventory's files lie beside it, wherever its manifest.json says. */
export interface StoredManifest {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly isInventory: boolean;
}

/** Costs money, so only of who asks for it. */
const restoring: readonly Operation[] = ["restore"];

/**
 * Of `run` and `work`, and all that is done after them. originImage needs no action of the image service, once that is bound to the bucket.
 * Above 5 GB an upload is multipart.
 */
export function needsOfRun(places: PlacesOfRun): readonly Need[] {
  const { source, archive, ledger, manifest, except, history, restores = false } = places;
  return [
    below(source, ...reading, ...(restores ? restoring : [])),
    below(archive, ...copied(history), ...storing),
    ...ofHistory(archive, history),
    below(ledger, ...reading, "put"),
    ...[manifest, except].flatMap(ofManifest),
    // Not for --list alone: where listing is not allowed COS may say 403 of a key that does not exist, and a missing original, or
    // one that is not archived yet, would be taken for a refusal.
    ...[source, archive, ledger].map(listed),
  ];
}

/** Of `doctor`: no multipart upload is tried, and what is set of the buckets is asked for. */
export function needsOfDoctor({ source, archive, ledger, history, restores = false }: PlacesOfRun): readonly Need[] {
  return [
    below(source, "get", "head", ...(restores ? restoring : [])),
    below(archive, ...copied(history), "put", "head"),
    ...ofHistory(archive, history),
    { operations: ["versioning"], bucket: archive, on: { kind: "bucket" } },
    below(ledger, "get", "head", "put"),
    { operations: ["getProtection", "getSlim"], bucket: source, on: { kind: "images" } },
    ...[source, archive, ledger].map(listed),
  ];
}

/** Of `doctor --probe`, which asks besides whether the bucket is bound, and copies an original into the ledger's folder and deletes that again. */
export function needsOfProbe({ source, ledger }: Pick<PlacesOfRun, "source" | "ledger">): readonly Need[] {
  return [
    below(source, "get", "head"),
    ...(ledger.store === undefined ? [below(probeRange(ledger), "put", "head", "delete"), listed(ledger)] : []),
    { operations: ["getProtection", "getSlim", "getBinding"], bucket: source, on: { kind: "images" } },
    listed(source),
  ];
}

/** Of `verify`, without the bytes or with them. */
export function needsOfVerify({
  archive,
  ledger,
  except,
  deep,
}: Pick<PlacesOfRun, "archive" | "ledger" | "except"> & { readonly deep: boolean }): readonly Need[] {
  return [
    // A HEAD tells in either case what became of a row that two attempts archived differently.
    below(archive, ...(deep ? reading : (["head"] as const))),
    below(ledger, "get"),
    ...ofManifest(except),
    ...[archive, ledger].map(listed),
  ];
}

/** Of `check`, which reads no object's bytes. */
export const needsOfCheck = ({ source, archive }: Pick<PlacesOfRun, "source" | "archive">): readonly Need[] => [
  below(source, "head"),
  below(archive, "head"),
  ...[source, archive].map(listed),
];

/** Of `protection`: before it is taken off the source is listed. */
export const needsOfProtection = (source: Place): readonly Need[] => [
  { operations: ["getProtection", "setProtection"], bucket: source, on: { kind: "images" } },
  listed(source),
];

export interface PlacesOfRestore extends Pick<PlacesOfRun, "archive" | "ledger" | "history" | "restores" | "manifest"> {
  /** Where the keys go. */
  readonly to: Place;
  /** Is it as of a time? Then it goes by the history, else by the versions of the archive's bucket. */
  readonly asOfTime: boolean;
}

/** Of `restore`: the archive is what is read, and nothing is written there but the ledger. */
export function needsOfRestore(places: PlacesOfRestore): readonly Need[] {
  const { archive, to, ledger, history, asOfTime, manifest, restores = false } = places;
  const byVersions = asOfTime && history === undefined;
  const fetching: readonly Operation[] = [...reading, ...(restores ? restoring : [])];
  return [
    below(archive, ...fetching, ...(byVersions ? (["getVersion"] as const) : [])),
    ...(asOfTime && history !== undefined ? [below({ ...archive, prefix: history }, ...fetching)] : []),
    ...(byVersions
      ? [{ operations: ["versioning", "listVersions"] as const, bucket: archive, on: { kind: "bucket" as const } }]
      : []),
    below(to, ...storing),
    // No HEAD: plan and doctor alone look whether a ledger's bucket keeps versions.
    below(ledger, "get", "put"),
    ...ofManifest(manifest),
    ...[archive, to, ledger].map(listed),
  ];
}

const reading: readonly Operation[] = ["get", "head"];
/** Of an archive, or of where keys are brought back to. */
const storing: readonly Operation[] = ["put", "head", "createUpload", "uploadPart", "completeUpload", "abortUpload"];

function ofManifest(manifest: StoredManifest | undefined): readonly Need[] {
  if (manifest === undefined) return [];
  const { isInventory, key } = manifest;
  return [{ operations: reading, bucket: manifest, on: isInventory ? { kind: "bucket" } : { kind: "key", key } }];
}

/** Of a copy: what it is made of, in the archive, and what is written, in the history. */
const copied = (history: string | undefined): readonly Operation[] => (history === undefined ? [] : ["get"]);
const ofHistory = (archive: Place, history: string | undefined): readonly Need[] =>
  history === undefined ? [] : [below({ ...archive, prefix: history }, "put")];

const below = (place: Place, ...operations: readonly Operation[]): Need => ({
  operations,
  bucket: place,
  on: { kind: "below", prefix: place.prefix },
});

const listed = (place: Place): Need => ({ operations: ["list"], bucket: place, on: { kind: "bucket" } });
