/** Which places a message may name, by what it names them as. Pure. */
import { otherStores, printRange, readAddress } from "../vocabulary/address.ts";
import { isFolder } from "../vocabulary/names.ts";
import type { KeyRange } from "./places.ts";

/** What a message names places as. */
export const placeRoles = ["source", "archive", "ledger", "manifest", "history"] as const;
export type PlaceRole = (typeof placeRoles)[number];

/** A pattern: `*` in its bucket stands for any part of the name, in its prefix for anything. */
export interface AllowedPlace extends KeyRange {
  readonly role: PlaceRole;
}

/** A role without an entry is not bounded. */
export type AllowList = readonly AllowedPlace[];

/** `archive=cos://archive-*\/photos/`, `archive=s3://archive-*\/`, `ledger=file:///mnt/archive/` */
export const allowedText = ({ role, ...place }: AllowedPlace): string => `${role}=${printRange(place)}`;

/** Reads one, as allowedText writes it; undefined where it is none. */
export function parseAllowed(text: string): AllowedPlace | undefined {
  const [, role, address = ""] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  const known = placeRoles.find((each) => each === role);
  if (known === undefined) return undefined;
  const stores = inOtherStores.has(known) ? (["cos", ...otherStores] as const) : (["cos"] as const);
  if (address.startsWith("file:")) {
    const read = readAddress(address, stores);
    return "fault" in read ? undefined : { role: known, ...read };
  }
  const [, store, bucket, prefix = ""] = /^(cos|s3):\/\/([a-z0-9.*-]+)(?:\/(.*))?$/s.exec(address) ?? [];
  if (bucket === undefined || /^[/\\]/.test(prefix) || !stores.some((each) => each === store)) return undefined;
  if (store === "s3") return { role: known, store, bucket, prefix };
  return bucket.includes(".") ? undefined : { role: known, bucket, prefix };
}

/** Originals, and manifests of them, are read from COS alone. */
const inOtherStores: ReadonlySet<PlaceRole> = new Set(["archive", "ledger", "history"]);

/** What bounds a role. Where nothing is said of the history, it has to lie in the archive. */
export function allowedAs(list: AllowList, role: PlaceRole): AllowList {
  const its = list.filter((allowed) => allowed.role === role);
  return its.length === 0 && role === "history" ? list.filter((allowed) => allowed.role === "archive") : its;
}

/**
 * May a message name this place so? The whole of it must lie within one that is allowed. A folder is one machine's: only its own settings
 * can know it, so a role that nothing bounds does not open the disk.
 */
export function isAllowed(list: AllowList, role: PlaceRole, place: KeyRange): boolean {
  const its = allowedAs(list, role);
  if (its.length === 0) return place.store !== "file";
  return its.some((allowed) => holds(allowed, place));
}

function holds(allowed: AllowedPlace, place: KeyRange): boolean {
  if (allowed.store !== place.store) return false;
  const { bucket, prefix } = place;
  if (place.store === "file") {
    // A prefix is what comes behind the folder, and may lead nowhere else.
    if (!isFolder(bucket) || /(?:^|[/\\])\.{1,2}(?:[/\\]|$)/.test(prefix)) return false;
    return `${bucket}/${prefix}`.startsWith(`${allowed.bucket}/${allowed.prefix}`);
  }
  return pattern(allowed.bucket, "[a-z0-9.-]*", "$").test(bucket) && pattern(allowed.prefix, ".*", "").test(prefix);
}

/** @param star what a `*` stands for; @param end `$`, or nothing where more may follow */
export const pattern = (text: string, star: string, end: string) =>
  new RegExp(
    `^${text
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(star)}${end}`,
    "s",
  );
