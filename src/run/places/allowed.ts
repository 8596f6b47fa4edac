/** What a message may name: the worker's own settings bound it, so that whoever may send a message can't have it read or write elsewhere. */

import type { RunRequest } from "../../ledger/plan/request.ts";
import {
  type AllowList,
  allowedAs,
  allowedText,
  isAllowed,
  type PlaceRole,
  placeRoles,
} from "../../policy/allow-list.ts";
import type { KeyRange } from "../../policy/places.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { historyRange } from "./places-apart.ts";

export type NamedPlaces = Readonly<Partial<Record<PlaceRole, KeyRange>>>;

/** The places that a run of this request reads and writes. */
export function placesOf({
  source,
  archive,
  rows,
  options,
}: Pick<RunRequest, "source" | "archive" | "rows" | "options">): NamedPlaces {
  return {
    source,
    archive,
    ...(options.history === undefined ? {} : { history: historyRange(archive, options.history) }),
    ...(rows.kind === "object" ? { manifest: { bucket: rows.bucket, prefix: rows.key } } : {}),
  };
}

/** @throws UserError `PlaceNotAllowed`, which names the first such place and what would be allowed */
export function checkAllowed(list: AllowList | undefined, named: NamedPlaces): void {
  if (list === undefined) return;
  for (const role of placeRoles) {
    const place = named[role];
    if (place === undefined || isAllowed(list, role, place)) continue;
    const allowed = allowedAs(list, role).map(allowedText);
    throw new UserError(
      "PlaceNotAllowed",
      `The message names ${printAddress(place)} as its ${role}, and here it may only be within ${allowed.join(" or ")}; where it is meant, add it to ORIGINALS_ALLOW.`,
    );
  }
}
