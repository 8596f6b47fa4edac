/**
 * Which documents of a run this version can read. A document says so twice: by the number in its `schema`, which grows where what was
 * there means something else now, and by `needs`, the names of what the run uses and an older version would pass over. Pure.
 */
import type { Address } from "../vocabulary/address.ts";
import { quote } from "../vocabulary/errors.ts";
import { newerThanTool } from "../vocabulary/newer.ts";

/** The highest number of each schema that is read here. */
const versions = { request: 1, run: 1, cursor: 1 } as const;

export type VersionedKind = keyof typeof versions;

/** Of a run of which rows are left out: its cursors and its run.json may count them. */
export const needOfScope = "scope";

/** What a run may need and this version can do. */
export const knownNeeds: readonly string[] = [
  "archived-class",
  "cap",
  "counted-only",
  "csv-safe",
  "deleted-keys",
  "events",
  "forbidden-keys",
  "history",
  "notify",
  "restore",
  "from-archive",
  needOfScope,
  "store-s3",
  "store-file",
];

/** Options by which rows are left out. */
const scopeOptions = ["filter", "newerThan", "minSize", "maxSize", "limit"] as const;
type ScopeOption = (typeof scopeOptions)[number];

/** What a run with these options, into this archive, needs; undefined where any version can do it. */
export function needsOf({
  options,
  archive,
  except,
}: {
  readonly options: {
    readonly archivedClass?: string | undefined;
    readonly csvSafe?: boolean | undefined;
    readonly history?: string | undefined;
    readonly fromArchive?: object | undefined;
    readonly events?: string | undefined;
    readonly notify?: string | undefined;
    readonly maxCost?: number | undefined;
    readonly maxBytes?: number | undefined;
  } & { readonly [Name in ScopeOption]?: unknown };
  readonly archive: Pick<Address, "store">;
  readonly except?: unknown;
}): readonly string[] | undefined {
  const hasScope = except !== undefined || scopeOptions.some((name) => options[name] !== undefined);
  const needs = [
    ...(options.archivedClass === "skip" ? ["archived-class"] : []),
    ...(options.archivedClass === "restore" ? ["restore"] : []),
    ...(options.maxCost === undefined && options.maxBytes === undefined ? [] : ["cap"]),
    ...(options.csvSafe === true ? ["csv-safe"] : []),
    ...(options.history === undefined ? [] : ["history"]),
    ...(options.fromArchive === undefined ? [] : ["from-archive"]),
    ...(options.events === undefined ? [] : ["events"]),
    ...(options.notify === undefined ? [] : ["notify"]),
    ...(hasScope ? [needOfScope] : []),
    ...(archive.store === undefined ? [] : [`store-${archive.store}`]),
  ];
  return needs.length === 0 ? undefined : needs;
}

/**
 * Throws UserError `NewerThanTool` where only a newer version can read the document. To be asked before the schema, which would call
 * it damaged. `where` names the ledger's object.
 */
export function checkNotNewer(document: unknown, kind: VersionedKind, where: string): void {
  if (typeof document !== "object" || document === null) return;
  const { schema, needs } = document as { readonly schema?: unknown; readonly needs?: unknown };
  const [, its, version] = /^cos-originals\/([a-z]+)@(\d{1,9})$/.exec(String(schema)) ?? [];
  if (its === kind && Number(version) > versions[kind])
    throw newerThanTool(`The ledger object ${where} is a ${kind}@${version}`);
  const unknown = Array.isArray(needs)
    ? needs.find((need) => typeof need === "string" && !knownNeeds.includes(need))
    : undefined;
  if (unknown !== undefined) throw newerThanTool(`The ledger object ${where} needs ${quote(unknown)}`);
  if (kind === "run" && "request" in document) checkNotNewer(document.request, "request", where);
}
