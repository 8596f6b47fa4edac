/**
 * Every code that an outcome or an error can carry: what it means, what follows from it, what to do. Decisions, messages, the
 * documents (docs/errors.md) and reports read it here; a code that is not in it does not compile.
 */

import type { Effect, Entry } from "./entry.ts";
import { folderCodes } from "./folder-codes.ts";
import { rowCodes } from "./row-codes.ts";
import { errNos, serviceCodes } from "./service-codes.ts";
import { transportCodes } from "./transport-codes.ts";
import { usageCodes } from "./usage-codes.ts";

export const catalogue = { ...rowCodes, ...serviceCodes, ...folderCodes, ...transportCodes, ...usageCodes };

/** A code that this project gives, or that it knows of the service. */
export type Code = keyof typeof catalogue;

/** Undefined for what nobody here knows: a new name of the service, a system's own (ECONNREFUSED), `Http418`, `ErrNo-7`. */
export function entryOf(code: string): Entry | undefined {
  return Object.hasOwn(catalogue, code) ? catalogue[code as Code] : undefined;
}

export function effectOf(code: string): Effect | undefined {
  return entryOf(code)?.effect;
}

/** May a failed row with this code be one of many, because every row would fail so? */
export function mayBeOfEveryRow(code: string, errNo?: number): boolean {
  return entryOf(code)?.ofRow !== true && errNoEntry(errNo)?.ofRow !== true;
}

/** Of an X-ErrNo; undefined where the number decides nothing. */
export const errNoEntry = (errNo: number | undefined) => (errNo === undefined ? undefined : errNos[errNo]);
