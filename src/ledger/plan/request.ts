/** request.json: what a run was asked. */
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { parseSince } from "../../policy/scope/quantities.ts";
import { otherStores, printRange } from "../../vocabulary/address.ts";
import { keyEncodings, manifestFormats } from "../../vocabulary/choices.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { documentText, readDocument } from "../document.ts";
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";
import { runOptionsSchema } from "./run-options.ts";

const price = z.number().min(0);
const pricesSchema = z.strictObject({
  currency: z.string(),
  processing: price,
  requests: price,
  restoreRequests: price,
  restoreArchive: price.optional(),
  restoreDeepArchive: price.optional(),
});
/** Another store than COS is named (needs.ts). */
const placeInStore = z.strictObject({
  store: z.enum(otherStores).optional(),
  bucket: z.string(),
  region: z.string(),
  prefix: z.string(),
});

const objectRows = z.strictObject({
  kind: z.literal("object"),
  bucket: z.string(),
  region: z.string(),
  key: z.string(),
  etag: z.string(),
  format: z.enum(manifestFormats),
  keyEncoding: z.enum(keyEncodings).optional(),
});
/** A file or standard input of whoever started the run; only that process can plan it. */
const fileRows = z.strictObject({
  kind: z.literal("file"),
  name: z.string(),
  digest: z.string(),
  format: z.enum(manifestFormats),
  keyEncoding: z.enum(keyEncodings).optional(),
});

/** A manifest as it lies somewhere. */
const storedRows = z.discriminatedUnion("kind", [objectRows, fileRows]);
export type StoredRows = z.output<typeof storedRows>;

/** Where the rows come from. `digest` pins what was read: another manifest is another run. */
export const rowsSourceSchema = z.discriminatedUnion("kind", [
  objectRows,
  fileRows,
  z.strictObject({ kind: z.literal("inline"), digest: z.string(), keys: z.array(z.unknown()) }),
  z.strictObject({ kind: z.literal("listing"), prefix: z.string() }),
]);
/** Where the rows of a run come from; `digest` pins what was read: another manifest is another run. */
export type RowsSource = z.output<typeof rowsSourceSchema>;

export const requestSchema = z.strictObject({
  schema: z.literal("cos-originals/request@1"),
  run: z.string(),
  /** In another store only where keys are brought back from an archive. */
  source: placeInStore,
  archive: placeInStore,
  rows: rowsSourceSchema,
  /** A manifest of what is left out. */
  except: storedRows.optional(),
  options: runOptionsSchema,
  /** What a run with a cap is reckoned by. */
  prices: pricesSchema.optional(),
  askedAt: z.string(),
  tool: z.string(),
  /** The run whose failed rows these are. */
  redriveOf: z.string().optional(),
  /** What the run uses that not every version of the tool knows (needs.ts). */
  needs: z.array(z.string()).optional(),
});
/** What a run was asked (request.json): from where, to where, which rows, how. Times are ISO 8601 UTC. */
export type RunRequest = z.output<typeof requestSchema>;

const documentKind = { what: "run request", versioned: "request", parse: requestSchema.parse } as const;

/** Undefined where there is no such run. Errors: UserError `LedgerUnreadable`, `NewerThanTool`. */
export function readRequest(ledger: LedgerStore): Promise<RunRequest | undefined> {
  return readDocument(ledger, paths.request, documentKind);
}

/** Writes it where none is yet. Resolves with the one that is there then: somebody else's, where they were first. */
export async function createRequest(ledger: LedgerStore, request: RunRequest): Promise<RunRequest> {
  return (await putRequest(ledger, request)).ruling;
}

/** The same; `ruling` is what is read back, for whoever has something else to do meanwhile. It rejects unheard, unless it is awaited. */
export async function putRequest(
  ledger: LedgerStore,
  request: RunRequest,
): Promise<{ readonly isFirst: boolean; readonly ruling: Promise<RunRequest> }> {
  const isFirst = await ledger.create(paths.request, documentText(request));
  const ruling = readRequest(ledger).then((there) => there ?? request);
  ruling.catch(() => undefined);
  return { isFirst, ruling };
}

/** Do two requests ask for the same, to the letter? */
export const isSameRequest = (one: RunRequest, other: RunRequest): boolean =>
  isDeepStrictEqual(asWritten(one), asWritten(other));

const asWritten = (request: RunRequest): unknown => JSON.parse(documentText(request));

export function noSuchRun(ledger: LedgerStore, run: string): UserError {
  return new UserError(
    "NoSuchRun",
    `There is no run ${JSON.stringify(run)} in the ledger: ${ledger.describe(paths.request)} does not exist.`,
  );
}

/** The same bytes read otherwise are other rows. */
const readAs = (rows: { readonly format: string; readonly keyEncoding?: string | undefined }) =>
  ` read as ${rows.format}${rows.keyEncoding === undefined ? "" : `, keys ${rows.keyEncoding}`}`;

/** The fields that make two requests the same thing (docs/cli.md, "run"): all else may differ between a run and its continuation. */
export function requestIdentity(
  request: Pick<RunRequest, "source" | "archive" | "rows" | "options" | "except">,
): Readonly<Record<string, string>> {
  const { source, archive, rows, options, except } = request;
  const at = (place: RunRequest["archive"]) => `${printRange(place)} (${place.region})`;
  return {
    source: at(source),
    archive: at(archive),
    manifest:
      rows.kind === "listing"
        ? `the listing of ${JSON.stringify(rows.prefix)}`
        : rows.kind === "inline"
          ? `digest ${rows.digest}`
          : pinOf(rows),
    "archive-key": options.archiveKey,
    proof: options.proof,
    expect: options.expect,
    "if-exists": options.ifExists,
    "if-changed": options.ifChanged,
    "archived-class": options.archivedClass ?? "fail",
    history: options.history ?? "none",
    "from-archive": options.fromArchive === undefined ? "no" : JSON.stringify(options.fromArchive),
    filter: (options.filter ?? []).join(", "),
    "newer-than": options.newerThan ?? "",
    "min-size": String(options.minSize ?? ""),
    "max-size": String(options.maxSize ?? ""),
    except: except === undefined ? "" : pinOf(except),
  };
}

/** What tells a manifest from any other. */
const pinOf = (rows: StoredRows): string =>
  `${rows.kind === "object" ? `etag ${rows.etag}` : `digest ${rows.digest}`}${readAs(rows)}`;

/** The fields that older versions do not know, each as it is where nothing is said of it. */
const sinceThen: Readonly<Record<string, string>> = {
  "archived-class": "fail",
  history: "none",
  "from-archive": "no",
  filter: "",
  "newer-than": "",
  "min-size": "",
  "max-size": "",
  except: "",
};

/** The same fields without those of which nothing was said: by them older versions named the run. */
export function saidIdentity(request: Parameters<typeof requestIdentity>[0]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(requestIdentity(request)).filter(([name, value]) => sinceThen[name] !== value),
  );
}

/** Which rows are left out, as far as something was said of that. */
export function scopeOf({
  options,
  except,
  askedAt,
}: Pick<RunRequest, "options" | "except" | "askedAt">): Scope | undefined {
  const { filter, newerThan, minSize, maxSize } = options;
  const said = [filter, newerThan, minSize, maxSize, except];
  if (said.every((one) => one === undefined)) return undefined;
  const since = newerThan === undefined ? undefined : parseSince(newerThan, Date.parse(askedAt));
  return { filter, since, minSize, maxSize, except };
}

export interface Scope {
  readonly filter: readonly string[] | undefined;
  /** ms since the epoch. */
  readonly since: number | undefined;
  /** Bytes. */
  readonly minSize: number | undefined;
  readonly maxSize: number | undefined;
  readonly except: StoredRows | undefined;
}
