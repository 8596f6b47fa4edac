/** The allow-list of a worker: what ORIGINALS_ALLOW says of a role, else what its other settings name. */
import type { Settings } from "../../config/read.ts";
import { variableOf } from "../../config/settings.ts";
import { defaultLedgerFolder } from "../../ledger/own-keys.ts";
import { type AllowedPlace, type AllowList, type PlaceRole, placeRoles } from "../../policy/allow-list.ts";
import { type AllowedTarget, targetRoles } from "../../policy/event-target.ts";
import { prefixIn } from "../../policy/places.ts";
import { otherStores, parseAddress } from "../../vocabulary/address.ts";
import { asFolder } from "../../vocabulary/names.ts";

/** A role that neither says anything of has no entry, and is not bounded. */
export function allowListOf({ values }: Pick<Settings, "values">): AllowList {
  const said = (values.allow ?? []).filter((each) => "bucket" in each);
  const own = placeRoles.flatMap((role) => (said.some((each) => each.role === role) ? [] : ownPlaces(role, values)));
  const list = [...said, ...own];
  if (list.some(({ role }) => role === "ledger")) return list;
  // Unless it is said, the ledger lies below the archive.
  return [
    ...list,
    ...list.filter(({ role }) => role === "archive").map((each) => ({ ...each, role: "ledger" as const })),
  ];
}

/** The same of where messages may have events and notices sent to; nowhere, where neither says anything of a role. */
export function allowedTargetsOf({ values }: Pick<Settings, "values">): readonly AllowedTarget[] {
  const said = (values.allow ?? []).filter((each) => "is" in each);
  const own = targetRoles.flatMap((role) => {
    const text = values[role];
    const isSaid = text === undefined || said.some((each) => each.role === role);
    return isSaid ? [] : [{ role, text, is: "exact" } as const];
  });
  return [...said, ...own];
}

function ownPlaces(role: PlaceRole, values: Settings["values"]): readonly AllowedPlace[] {
  if (role === "history") return ownHistory(values);
  const named = values[role];
  if (role === "ledger" && named === undefined && values.archive !== undefined) {
    const archive = parseAddress(values.archive, "archive", ["cos", ...otherStores]);
    return [{ role, ...archive, prefix: asFolder(archive.prefix) + defaultLedgerFolder }];
  }
  const stores = ["cos", ...otherStores] as const;
  if (role === "manifest") {
    // A manifest may be a file. What --except names is one too.
    const inBuckets = [named, values.except].filter((text) => text?.startsWith("cos://"));
    return inBuckets.map((text) => ({ role, ...parseAddress(text ?? "", role, stores) }));
  }
  return named === undefined ? [] : [{ role, ...parseAddress(named, role, stores) }];
}

/** It lies in the archive's bucket, by its address or by what its keys begin with. */
function ownHistory({ archive, history }: Settings["values"]): readonly AllowedPlace[] {
  if (archive === undefined || history === undefined) return [];
  const stores = ["cos", ...otherStores] as const;
  const place = parseAddress(archive, "archive", stores);
  const prefix = history.includes("://") ? prefixIn(place, parseAddress(history, "history", stores)) : history;
  return prefix === undefined ? [] : [{ role: "history", ...place, prefix: asFolder(prefix) }];
}

/** Which roles a message may name any place as, and the line that would bound them, in one sentence; undefined where there is none. */
export function unboundedRoles(settings: Pick<Settings, "values">): string | undefined {
  const bounded = new Set(allowListOf(settings).map(({ role }) => role));
  // Who bounds the archive bounds the history.
  const open = placeRoles.filter((role) => role !== "history" && !bounded.has(role));
  if (open.length === 0) return undefined;
  const line = open.map((role) => `${role}=${examples[role]}`).join(",");
  return `A message may name any place as its ${open.join(", ")}; bound it by a line such as ${variableOf("allow")}='${line}'`;
}

const examples: Readonly<Record<PlaceRole, string>> = {
  source: "cos://photos-1250000000",
  archive: "cos://archive-1250000000/photos/",
  ledger: "cos://archive-1250000000/photos/.originals/",
  manifest: "cos://photos-1250000000/manifests/",
  history: "cos://archive-1250000000/history/",
};
