/** How JSON documents of the ledger are written and read, and what is said of an object that is not as it was written. */
import { UserError } from "../vocabulary/errors.ts";
import { checkNotNewer, type VersionedKind } from "./needs.ts";
import type { LedgerStore } from "./store.ts";

export const documentText = (document: unknown): string => `${JSON.stringify(document)}\n`;

export interface DocumentKind<T> {
  /** As errors call it: `run request`. */
  readonly what: string;
  /** Of documents that newer versions may write otherwise: as needs.ts calls it. */
  readonly versioned?: VersionedKind;
  /** Throws where it is none. */
  readonly parse: (value: unknown) => T;
}

/**
 * Undefined where there is no such object. Errors: UserError `LedgerUnreadable`; `NewerThanTool` where only a newer version can
 * read it.
 */
export async function readDocument<T>(
  ledger: Pick<LedgerStore, "get" | "describe">,
  path: string,
  kind: DocumentKind<T>,
): Promise<T | undefined> {
  return readParsed(ledger, path, (bytes, where) => parseDocument(bytes, where, kind));
}

/**
 * Reads an object once more where what came can't be read: something else may have come with status 200, or bytes that the way has changed,
 * and a run is not to end for that.
 *
 * @param parse throws UserError `LedgerUnreadable`
 * @returns undefined where there is no such object
 */
export async function readParsed<T>(
  ledger: Pick<LedgerStore, "get" | "describe">,
  path: string,
  parse: (bytes: Buffer, where: string) => T,
): Promise<T | undefined> {
  const read = async () => {
    const bytes = await ledger.get(path);
    return bytes === undefined ? undefined : parse(bytes, ledger.describe(path));
  };
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof UserError) || thrown.code !== "LedgerUnreadable") throw thrown;
    return read();
  }
}

export function parseDocument<T>(bytes: Buffer, where: string, { what, versioned, parse }: DocumentKind<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw unreadable(where, "is not JSON", cause);
  }
  if (versioned !== undefined) checkNotNewer(value, versioned, where);
  try {
    return parse(value);
  } catch (cause) {
    throw unreadable(where, `is no ${what} of this version`, cause);
  }
}

export function unreadable(where: string, why: string, cause?: unknown): UserError {
  return new UserError(
    "LedgerUnreadable",
    `The ledger object ${where} ${why}; nothing but cos-originals should write there.`,
    { cause },
  );
}

/** @param how `was listed but is gone` */
export function incomplete(where: string, how: string): UserError {
  return new UserError("LedgerIncomplete", `The ledger object ${where} ${how}`);
}
