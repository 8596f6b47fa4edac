/**
 * The first half of a check: the listings of both places, side by side. Where both tell MD5s a LIST is enough; the pairs that it leaves open are kept
 * for HEADs (by-head.ts), so that it is known what those cost before one is sent.
 */
import { malformedReply, subject } from "../../cos/exchange/error-from-reply.ts";
import { parallelListing } from "../../cos/listing/parallel.ts";
import { ledgerWithin } from "../../ledger/own-keys.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import { mergeJoin } from "../../objects/merge-join.ts";
import { addressOf, printAddress } from "../../vocabulary/address.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { listWithout, withoutLedgers } from "../places/without-ledgers.ts";
import { preflightListed } from "../plan/preflight.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import {
  type CheckCounts,
  type CheckedPlaces,
  type Difference,
  type KeptPairs,
  type ListedPlaces,
  messageOfExtra,
  messageOfMissing,
  type Pair,
} from "./check.ts";
import { judgeListed } from "./judge.ts";
import { counted, createListCounter } from "./list-totals.ts";

export interface ListingOptions {
  readonly counts: CheckCounts;
  readonly kept: KeptPairs;
  /** Called for each, in the order of the keys. What it returns is waited for. */
  readonly onDifference: (difference: Difference) => void | Promise<void>;
  readonly onProgress?: ((listed: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Errors: UserError `NoSuchBucket`, `TooFewRows`; RefusedError; BucketError. Throws the signal's reason where it is ended. */
export async function compareListings(
  places: CheckedPlaces,
  surroundings: Surroundings,
  { counts, kept, onDifference, onProgress, signal }: ListingOptions,
): Promise<ListedPlaces> {
  const { source, archive, before } = places;
  const { clock, log } = surroundings;
  const [serverTime] = await Promise.all([
    preflightListed("source", source, surroundings),
    preflightListed("archive", archive, surroundings),
  ]);
  const beganAt = serverTime ?? clock.now();
  counts.requests["source.list"]++;
  counts.requests["archive.list"]++;
  const [ofSource, ofArchive] = [createListCounter(), createListCounter()];
  const pagesOf = (role: "source" | "archive", prefix: string, tell: (address: string) => void) =>
    listedPages(places, role, prefix, surroundings, {
      tell,
      signal,
      onRequest: () => counts.requests[`${role}.list`]++,
    });
  const left = {
    pages: counted(
      pagesOf("source", source.prefix, (ledger) =>
        log.warn("A ledger lies in the source, and its objects are left out of the comparison.", { ledger }),
      ),
      ofSource,
    ),
    before: "",
    malformed: malformed(source),
  };
  const right = {
    pages: counted(
      pagesOf("archive", before + source.prefix, () => undefined),
      ofArchive,
    ),
    before,
    malformed: malformed(archive),
  };
  let pairs = 0;
  let listed = 0;
  for await (const batch of mergeJoin(left, right)) {
    const open: Pair[] = [];
    for (const joined of batch) {
      const { key } = joined;
      const archiveKey = before + key;
      if (joined.kind === "right") {
        counts.extra++;
        await onDifference({ kind: "extra", key, archiveKey, message: messageOfExtra });
        continue;
      }
      const { left: original } = joined;
      if (joined.kind === "left") {
        counts.missing++;
        await onDifference({ kind: "missing", key, archiveKey, message: messageOfMissing, source: original });
        continue;
      }
      const judged = judgeListed(original, joined.right);
      if (judged.kind === "same") {
        counts.same++;
        counts.proofs[judged.by]++;
      } else if (judged.kind === "differs") {
        counts.differs++;
        await onDifference({ kind: "differs", key, archiveKey, message: judged.message, source: original });
      } else open.push({ key, archiveKey, source: original });
    }
    if (open.length > 0) await kept.add(open);
    pairs += open.length;
    listed += batch.length;
    onProgress?.(listed);
  }
  const totals = { source: ofSource.totals(), archive: ofArchive.totals() };
  if (totals.source.objects < places.leastRows) throw tooFew(places, totals.source.objects);
  return { beganAt, ...totals, pairs };
}

const malformed = (place: Place) => (why: string) => malformedReply(subject("list", place.bucket), 200, why);

/** Of a whole place, without what belongs to anybody's ledger. */
function listedPages(
  places: CheckedPlaces,
  role: "source" | "archive",
  prefix: string,
  { open, clock, random, log }: Surroundings,
  options: {
    readonly tell: (address: string) => void;
    readonly onRequest: () => void;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncIterable<readonly ListedObject[]> {
  const place = places[role];
  const bucket = open(role, place);
  const { onRequest, signal, tell } = options;
  return withoutLedgers(
    listWithout(
      (range) => parallelListing(bucket, prefix, { clock, random, log, onRequest, signal, ...range }),
      ledgerWithin({ ...addressOf(place), prefix }, places.ledger),
      undefined,
    ),
    place.bucket,
    tell,
  );
}

function tooFew({ source, leastRows }: CheckedPlaces, found: number): UserError {
  return new UserError(
    "TooFewRows",
    `The listing of ${printAddress(source)} found ${found} ${nounOf(found, "object")}, and a check of it is to find ${leastRows} at least, so nothing is said of the archive; check the prefix, or say otherwise with --min-rows.`,
  );
}
