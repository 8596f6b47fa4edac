/**
 * What of the rows that were read is in scope: by their keys before anything is asked about them, by size and time once LISTs told what
 * they tell; what neither the manifest nor a LIST tells of these a HEAD does. What is left out is counted, and read on from like any row.
 */
import pLimit from "p-limit";
import { type RunRequest, type Scope, scopeOf } from "../../ledger/plan/request.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { createFilter } from "../../policy/scope/filter.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { isRow, type LeftOutBy, type PlanEntries, type PlanEntry } from "./entry.ts";
import { createKeySet, type KeySet, mostKeysInSet } from "./keys/key-set.ts";
import { type ListingRows, withListings } from "./listed-rows.ts";
import { rowsOf } from "./rows.ts";

type Asked = Pick<RunRequest, "run" | "source" | "archive" | "rows" | "except" | "options" | "askedAt">;
type World = Pick<Surroundings, "open" | "clock" | "random" | "log">;
type Row = Extract<PlanEntry, { kind: "row" | "unchanged" }>;

/** HEADs at once, of rows of which nothing tells what is asked. */
const HEADS = 16;

/**
 * The entries of a request that planning makes rows of, and those that are left out.
 *
 * @param except the rows of its --except, where that is a file of this process
 */
export function entriesInScope(
  entries: PlanEntries,
  request: Asked,
  surroundings: Surroundings,
  { except: given, ...listing }: ListingRows & { readonly except?: (() => PlanEntries) | undefined } = {},
): PlanEntries {
  const scope = scopeOf(request);
  if (scope === undefined) return withListings(entries, request, surroundings, listing);
  const { filter, except, since, minSize, maxSize } = scope;
  const { signal } = listing;
  const inBucket =
    except?.kind === "object" ? () => rowsOf({ ...request, rows: except }, surroundings, { signal }) : undefined;
  const isByKey = filter !== undefined || except !== undefined;
  const named = isByKey ? byKey(entries, scope, surroundings, given ?? inBucket) : entries;
  const told = withListings(named, request, surroundings, listing);
  const isByWhatItIs = since !== undefined || minSize !== undefined || maxSize !== undefined;
  return isByWhatItIs ? byWhatItIs(told, scope, request, surroundings) : told;
}

async function* byKey(
  entries: PlanEntries,
  scope: Scope,
  { random }: World,
  except: (() => PlanEntries) | undefined,
): AsyncGenerator<readonly PlanEntry[]> {
  const keeps = createFilter(scope.filter ?? []);
  const leftOutBy = await judgeOfKeys(scope, except, random);
  for await (const batch of entries) {
    const kept: PlanEntry[] = [];
    for (const entry of batch) {
      if (entry.kind === "deleted") {
        // Nobody asked for it.
        if (keeps(entry.key)) kept.push(entry);
        continue;
      }
      const by = entry.kind === "row" || entry.kind === "unchanged" ? leftOutBy(entry.row) : undefined;
      kept.push(by === undefined || !isRow(entry) ? entry : leftOut(entry, by));
    }
    yield kept;
  }
}

/**
 * Why a key is left out; undefined where it is not.
 *
 * @param except the rows of its --except; undefined where nobody here can read them
 *
 * Throws UserError `ManifestElsewhere`, `ManifestNotAsSaid`, `ManifestTooLong`.
 */
export async function judgeOfKeys(
  { filter = [], except: named }: Pick<Scope, "filter" | "except">,
  except: (() => PlanEntries) | undefined,
  random: World["random"],
): Promise<(row: Pick<Row["row"], "key" | "versionId">) => LeftOutBy | undefined> {
  const keeps = createFilter(filter);
  const out = named === undefined ? undefined : await keysOf(named, except, random);
  return (row) => (keeps(row.key) ? (out?.has(row) ? "except" : undefined) : "filter");
}

const leftOut = (entry: PlanEntry & { readonly kind: "row" | "unchanged" | "invalid" }, by: LeftOutBy): PlanEntry => ({
  kind: "left-out",
  key: entry.kind === "invalid" ? entry.key : entry.row.key,
  by,
});

/** Throws UserError `ManifestElsewhere`, `ManifestNotAsSaid`, `ManifestTooLong`. */
async function keysOf(
  source: NonNullable<Scope["except"]>,
  read: (() => PlanEntries) | undefined,
  random: World["random"],
): Promise<KeySet> {
  const name = source.kind === "file" ? source.name : `cos://${source.bucket}/${source.key}`;
  if (read === undefined) {
    throw new UserError(
      "ManifestElsewhere",
      `The manifest ${quote(name)} of --except was a file of the process that began this run before its plan was whole; start it there again.`,
    );
  }
  const keys = createKeySet(random);
  for await (const batch of read()) {
    for (const entry of batch) {
      if (entry.kind === "invalid") {
        throw new UserError(
          "ManifestNotAsSaid",
          `The manifest ${quote(name)} of --except has a row that can't be read, ${entry.message}; mend it, for what it names would not be left out.`,
        );
      }
      if (entry.kind !== "row") continue;
      if (!keys.add(entry.row)) {
        throw new UserError(
          "ManifestTooLong",
          `The manifest ${quote(name)} of --except has more than ${mostKeysInSet} rows, which is more than can be kept in mind; leave them out by --exclude, or take them out of the manifest itself.`,
        );
      }
    }
  }
  return keys;
}

async function* byWhatItIs(
  entries: PlanEntries,
  scope: Scope,
  request: Asked,
  surroundings: World,
): AsyncGenerator<readonly PlanEntry[]> {
  const limit = pLimit(HEADS);
  const source = surroundings.open("source", request.source);
  const sent = { "source.head": 0 };
  yield [{ kind: "requests", sent }];
  const asksSize = scope.minSize !== undefined || scope.maxSize !== undefined;
  const judge = async (entry: Row): Promise<PlanEntry> => {
    let { size } = entry.row;
    let { modified } = entry;
    if ((asksSize && size === undefined) || (scope.since !== undefined && modified === undefined)) {
      const { key, versionId } = entry.row;
      try {
        const head = await withRetries(() => {
          sent["source.head"]++;
          return source.head(key, { versionId });
        }, surroundings);
        size ??= head.size;
        modified ??= head.lastModified;
      } catch (thrown) {
        // It fails as a row of the run, with what is wrong with it.
        if (isBucketError(thrown) && !thrown.retryable) return entry;
        throw thrown;
      }
    }
    const by = outOfScope({ size, modified }, scope);
    return by === undefined ? entry : leftOut(entry, by);
  };
  for await (const batch of entries) {
    const isAsked = (entry: PlanEntry): entry is Row =>
      (entry.kind === "row" || entry.kind === "unchanged") && entry.row.key.startsWith(request.source.prefix);
    yield await limit.map(batch, async (entry) => (isAsked(entry) ? judge(entry) : entry));
  }
}

/** What nobody tells is no reason to leave anything out. */
export function outOfScope(
  { size, modified }: { readonly size: number | undefined; readonly modified: number | undefined },
  { since, minSize, maxSize }: Pick<Scope, "since" | "minSize" | "maxSize">,
): "size" | "age" | undefined {
  if (size !== undefined && (size < (minSize ?? 0) || size > (maxSize ?? Number.POSITIVE_INFINITY))) return "size";
  return since !== undefined && modified !== undefined && modified < since ? "age" : undefined;
}

/** Says what a plan left out. */
export function tellLeftOut(
  log: Log,
  { run, leftOut, limited }: Pick<RunDocument, "run" | "leftOut" | "limited">,
): void {
  if (leftOut !== undefined) log.info("Rows were left out of the run, as they are not in scope.", { run, ...leftOut });
  if (limited) log.info("Planning stopped at the limit of rows: what comes after was not looked at.", { run });
}
