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
import {
  type AllowedTarget,
  isAllowedTarget,
  type TargetRole,
  targetName,
  targetRoles,
} from "../../policy/event-target.ts";
import type { KeyRange } from "../../policy/places.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { historyRange } from "./places-apart.ts";

export type NamedPlaces = Readonly<
  Partial<Record<PlaceRole, KeyRange>> & {
    /** Another manifest, of what is left out. */
    except?: KeyRange;
  }
>;

/** The places that a run of this request reads and writes. */
export function placesOf({
  source,
  archive,
  rows,
  except,
  options,
}: Pick<RunRequest, "source" | "archive" | "rows" | "except" | "options">): NamedPlaces {
  return {
    source,
    archive,
    ...(options.history === undefined ? {} : { history: historyRange(archive, options.history) }),
    ...(rows.kind === "object" ? { manifest: { bucket: rows.bucket, prefix: rows.key } } : {}),
    ...(except?.kind === "object" ? { except: { bucket: except.bucket, prefix: except.key } } : {}),
  };
}

/** @throws UserError `PlaceNotAllowed`, which names the first such place and what would be allowed */
export function checkAllowed(list: AllowList | undefined, named: NamedPlaces): void {
  if (list === undefined) return;
  for (const [role, place] of [
    ...placeRoles.map((each) => [each, named[each]] as const),
    ["manifest", named.except] as const,
  ]) {
    if (place === undefined || isAllowed(list, role, place)) continue;
    const allowed = allowedAs(list, role).map(allowedText);
    // Nothing bounds the role; but a folder is one machine's, and is never taken from a message alone.
    const bound =
      allowed.length === 0
        ? "a folder may only be one that is allowed by name"
        : `here it may only be within ${allowed.join(" or ")}`;
    throw new UserError(
      "PlaceNotAllowed",
      `The message names ${printAddress(place)} as its ${role}, and ${bound}; where it is meant, add it to ORIGINALS_ALLOW.`,
    );
  }
}

/** Where a message would have events and notices sent to. */
export type NamedTargets = Readonly<Partial<Record<TargetRole, string | undefined>>>;

/**
 * The same of those. What nothing is said of is not allowed: whoever may send a message would else have this worker dial, and sign, whatever
 * he names. Throws UserError `PlaceNotAllowed`.
 */
export function checkTargets(list: readonly AllowedTarget[] | undefined, named: NamedTargets | undefined): void {
  if (list === undefined) return;
  for (const role of targetRoles) {
    const target = named?.[role];
    if (target === undefined || isAllowedTarget(list, role, target)) continue;
    throw new UserError("PlaceNotAllowed", targetNotAllowed(list, role, target));
  }
}

export function targetNotAllowed(list: readonly AllowedTarget[], role: TargetRole, target: string): string {
  const its = list.filter((each) => each.role === role);
  const allowed = its.map(({ is, text }) => (is === "exact" ? targetName(text) : text)).join(" or ");
  const may = its.length === 0 ? "nothing here says where it may go" : `here it may only go to ${allowed}`;
  return `The message has its ${role} sent to ${targetName(target)}, and ${may}; where it is meant, add ${role}=${targetName(target)} to ORIGINALS_ALLOW.`;
}
