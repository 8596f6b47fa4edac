/**
 * A segment: some outcomes of one attempt and a trailer that says what they cost, as gzipped JSON lines. Written once,
 * never changed.
 */
import { gzipSync } from "node:zlib";
import * as z from "zod";
import type { Amount } from "../../policy/money/cap.ts";
import { type FurtherRequestType, furtherRequestTypes, type RequestType, requestTypes } from "../../report/tally.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { incomplete, readParsed, unreadable } from "../document.ts";
import { paths } from "../layout.ts";
import { decodeLines } from "../lines.ts";
import type { LedgerStore } from "../store.ts";
import { isOutcome, outcomeSchema } from "./outcome-line.ts";

/** Requests by type, of an attempt since its last segment. */
export type RequestCounts = Record<RequestType | FurtherRequestType, number>;

export function noRequests(): RequestCounts {
  return {
    "source.get": 0,
    "source.head": 0,
    "archive.put": 0,
    "archive.head": 0,
    ledger: 0,
    queue: 0,
    "source.plain": 0,
    "source.restore": 0,
    "archive.list": 0,
    "archive.copy": 0,
  };
}

export interface Trailer {
  readonly requests: Readonly<Record<RequestType, number> & { [Type in FurtherRequestType]?: number | undefined }>;
  /** Tries beyond the first. */
  readonly retries: number;
  /** Replies that said that requests come too fast. Older versions do not tell. */
  readonly throttled?: number | undefined;
  /** Tasks that could run at once in its process when it was written, where that was found by trying. */
  readonly atOnce?: number | undefined;
  /** Of a run with a cap: what was spent since the last segment, what is on its way included. */
  readonly spent?: Amount | undefined;
  /** When the attempt began and when the segment was written, ISO 8601 UTC. */
  readonly from: string;
  readonly to: string;
}

export interface Segment {
  readonly outcomes: readonly Outcome[];
  readonly trailer: Trailer | undefined;
}

const count = z.int().min(0);
const lineSchema = z.union([
  z.object({
    trailer: z.object({
      requests: z.object({
        ...(Object.fromEntries(requestTypes.map((type) => [type, count])) as Record<RequestType, typeof count>),
        ...(Object.fromEntries(furtherRequestTypes.map((type) => [type, count.optional()])) as Record<
          FurtherRequestType,
          z.ZodOptional<typeof count>
        >),
      }),
      retries: count,
      throttled: count.optional(),
      atOnce: count.optional(),
      spent: z.object({ nano: count, bytes: count }).optional(),
      from: z.string(),
      to: z.string(),
    }),
  }),
  outcomeSchema,
]);

/** Fast, since a busy worker writes one every 200 rows; level 1 packs outcomes about eightfold. */
const LEVEL = 1;

/** Of a running total, what came to it since. */
export function requestsSince(before: Readonly<RequestCounts>, now: Readonly<RequestCounts>): Trailer["requests"] {
  const since: Record<string, number> = {};
  for (const type of requestTypes) since[type] = now[type] - before[type];
  for (const type of furtherRequestTypes) if (now[type] > before[type]) since[type] = now[type] - before[type];
  return since as Trailer["requests"];
}

export const outcomeLine = (outcome: Outcome): string => `${JSON.stringify(outcome)}\n`;

/** What lines of `outcomeLine` say. */
export function outcomesOfLines(lines: string): Outcome[] {
  return lines.split("\n").flatMap((line) => {
    const value: unknown = line === "" ? undefined : JSON.parse(line);
    return isOutcome(value) ? [value] : [];
  });
}

/** `lines`: of `outcomeLine`. */
export function packSegment(lines: string, trailer: Trailer): Buffer {
  return gzipSync(`${lines}${JSON.stringify({ trailer })}\n`, { level: LEVEL });
}

/** Throws UserError `LedgerUnreadable` that names `where`. */
export function decodeSegment(bytes: Buffer, where: string): Segment {
  const outcomes: Outcome[] = [];
  let trailer: Trailer | undefined;
  for (const value of decodeLines(bytes, where)) {
    if (isOutcome(value)) {
      outcomes.push(value);
      continue;
    }
    const parsed = lineSchema.safeParse(value);
    if (!parsed.success) throw unreadable(where, "holds a line that is no outcome");
    if ("trailer" in parsed.data) trailer = parsed.data.trailer;
    else outcomes.push(parsed.data);
  }
  return { outcomes, trailer };
}

/** Throws UserError `LedgerUnreadable`, or `LedgerIncomplete` where it is gone: it was listed, so somebody else touched the ledger. */
export async function readSegment(ledger: Pick<LedgerStore, "get" | "describe">, path: string): Promise<Segment> {
  const segment = await readParsed(ledger, path, decodeSegment);
  if (segment === undefined) throw incomplete(ledger.describe(path), "was listed but is gone.");
  return segment;
}

export function writeSegment(
  ledger: LedgerStore,
  { shard, attempt, n }: { readonly shard: number; readonly attempt: string; readonly n: number },
  lines: string,
  trailer: Trailer,
): Promise<void> {
  return ledger.put(paths.segment(shard, attempt, n), packSegment(lines, trailer));
}
