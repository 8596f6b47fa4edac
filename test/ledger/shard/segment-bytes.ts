import { outcomeLine, packSegment, type Trailer } from "../../../src/ledger/shard/segment.ts";
import type { Outcome } from "../../../src/vocabulary/outcome.ts";

/** A segment as an attempt writes it. */
export const segmentBytes = (outcomes: readonly Outcome[], trailer: Trailer): Buffer =>
  packSegment(outcomes.map(outcomeLine).join(""), trailer);
