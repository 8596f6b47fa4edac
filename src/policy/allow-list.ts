/** Which places a message may name, by what it names them as. Pure. */
import type { KeyRange } from "./places.ts";

/** What a message names places as. */
export const placeRoles = ["source", "archive", "ledger", "manifest"] as const;
export type PlaceRole = (typeof placeRoles)[number];

/** A pattern: `*` in its bucket stands for any part of the name, in its prefix for anything. */
export interface AllowedPlace extends KeyRange {
  readonly role: PlaceRole;
}

/** A role without an entry is not bounded. */
export type AllowList = readonly AllowedPlace[];

/** `archive=cos://archive-*\/photos/` */
export const allowedText = ({ role, bucket, prefix }: AllowedPlace): string => `${role}=cos://${bucket}/${prefix}`;

/** Reads one, as allowedText writes it; undefined where it is none. */
export function parseAllowed(text: string): AllowedPlace | undefined {
  const [, role, bucket, prefix = ""] = /^(\w+)=cos:\/\/([a-z0-9*-]+)(?:\/(.*))?$/s.exec(text) ?? [];
  const known = placeRoles.find((each) => each === role);
  if (known === undefined || bucket === undefined || /^[/\\]/.test(prefix)) return undefined;
  return { role: known, bucket, prefix };
}

/** May a message name this place so? The whole of it must lie within one that is allowed. */
export function isAllowed(list: AllowList, role: PlaceRole, place: KeyRange): boolean {
  const its = list.filter((allowed) => allowed.role === role);
  return its.length === 0 || its.some((allowed) => holds(allowed, place));
}

function holds(allowed: AllowedPlace, { bucket, prefix }: KeyRange): boolean {
  return pattern(allowed.bucket, "[a-z0-9-]*", "$").test(bucket) && pattern(allowed.prefix, ".*", "").test(prefix);
}

const pattern = (text: string, star: string, end: string) =>
  new RegExp(
    `^${text
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(star)}${end}`,
    "s",
  );
