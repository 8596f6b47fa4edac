/**
 * A segment: some outcomes of one attempt and a trailer that says what they cost, as gzipped JSON lines. Written once,
 * never changed.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { type RequestType, requestTypes } from "../../report/tally.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { isOutcome, outcomeSchema } from "./outcome-line.ts";

/** Requests by type, of an attempt since its last segment. */
export type RequestCounts = Record<RequestType, number>;

export function noRequests(): RequestCounts {
  return { "source.get": 0, "source.head": 0, "archive.put": 0, "archive.head": 0, ledger: 0, queue: 0 };
}

export interface Trailer {
  readonly requests: Readonly<RequestCounts>;
  /** Tries beyond the first. */
  readonly retries: number;
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
      requests: z.object(
        Object.fromEntries(requestTypes.map((type) => [type, count])) as Record<RequestType, typeof count>,
      ),
      retries: count,
      from: z.string(),
      to: z.string(),
    }),
  }),
  outcomeSchema,
]);

/** Fast, since a busy worker writes one every 200 rows; level 1 packs outcomes about eightfold. */
const LEVEL = 1;

export function encodeSegment(outcomes: readonly Outcome[], trailer: Trailer): Buffer {
  return packSegment(outcomes.map(outcomeLine).join(""), trailer);
}

export const outcomeLine = (outcome: Outcome): string => `${JSON.stringify(outcome)}\n`;

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

/** The values of gzipped JSON lines. */
export function* decodeLines(bytes: Buffer, where: string): Generator<unknown> {
  let text: string;
  try {
    text = gunzipSync(bytes).toString("utf8");
  } catch (cause) {
    throw unreadable(where, "is not gzip", cause);
  }
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      yield JSON.parse(line);
    } catch (cause) {
      throw unreadable(where, "holds a line that is not JSON", cause);
    }
  }
}

export function unreadable(where: string, why: string, cause?: unknown): UserError {
  return new UserError(
    "LedgerUnreadable",
    `The ledger object ${where} ${why}; nothing but cos-originals should write there.`,
    {
      cause,
    },
  );
}
