/**
 * Which runs of a ledger work in which places: `places/<id>~<run>` beside the runs, with source and archive in it, and an empty twin
 * `…~ended` once somebody found the run over. Written before the run's request, so that of two that begin at once one sees the other.
 */
import { decodeTime } from "ulid";
import * as z from "zod";
import type { Bucket } from "../objects/bucket.ts";
import { otherStores } from "../vocabulary/address.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { asFolder } from "../vocabulary/names.ts";
import { documentText, readDocument } from "./document.ts";
import { parsePlace, placePath, placesFolder } from "./layout.ts";
import { createLedgerStore, pagesAfter } from "./store.ts";

const keyRange = z.object({ store: z.enum(otherStores).optional(), bucket: z.string(), prefix: z.string() });
const placeSchema = z.object({
  schema: z.literal("cos-originals/place@1"),
  run: z.string(),
  /** Of a listing the prefix that it lists. */
  source: keyRange,
  archive: keyRange,
  at: z.string(),
  tool: z.string(),
});
export type PlaceDocument = z.output<typeof placeSchema>;

export interface PlaceMarker {
  /** A ULID. */
  readonly id: string;
  readonly run: string;
  /** When it was written, ms since the epoch, and how long ago, both by the store's own clock, which may tell whole seconds. */
  readonly writtenAt: number;
  readonly ageMs: number;
}

/** A scheduled run that waits until another is over. */
export type AwaitingRun = Pick<PlaceMarker, "id" | "run">;

export interface Places {
  write(id: string, place: PlaceDocument): Promise<void>;
  /** Says that the run is over: nobody looks at it again. */
  end(marker: Pick<PlaceMarker, "id" | "run">): Promise<void>;
  /** Those that are not said to be over, in the order of their ids, from this id on. */
  open(from: string): Promise<readonly PlaceMarker[]>;
  /** The same, and what waits to be begun. */
  unended(from: string): Promise<{ readonly open: readonly PlaceMarker[]; readonly waiting: readonly AwaitingRun[] }>;
  /** Writes down a scheduled run that waits until another is over. @param message what asks for it */
  wait(waiting: AwaitingRun, message: string): Promise<void>;
  /** Undefined where it is gone. */
  messageOf(waiting: AwaitingRun): Promise<string | undefined>;
  /** When each run of the ledger was first begun, ms since the epoch, by the clock of who began it. */
  beginnings(): Promise<ReadonlyMap<string, number>>;
  /** Undefined where it is gone, or is none: what nobody can read holds up nobody. */
  read(marker: PlaceMarker): Promise<PlaceDocument | undefined>;
}

export function openPlaces(
  bucket: Bucket,
  ledgerPrefix: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Places {
  const store = createLedgerStore({ bucket, prefix: asFolder(ledgerPrefix) + placesFolder, clock, random });
  const unended: Places["unended"] = async (from) => {
    const open = new Map<string, PlaceMarker>();
    const waiting = new Map<string, AwaitingRun>();
    // Of one id what ends it is listed last.
    for await (const { objects, serverTime } of pagesAfter(store, "", from)) {
      for (const { key, lastModified } of objects) {
        const parsed = parsePlace(key);
        if (parsed === undefined) continue;
        const { id, run, twin } = parsed;
        if (twin === "ended") {
          open.delete(id);
          waiting.delete(id);
        } else if (twin === "awaits") waiting.set(id, { id, run });
        else open.set(id, { id, run, writtenAt: lastModified, ageMs: Math.max(0, serverTime - lastModified) });
      }
    }
    return { open: [...open.values()], waiting: [...waiting.values()] };
  };
  return {
    write: (id, place) => store.put(placePath({ id, run: place.run }), documentText(place)),
    end: (marker) => store.put(placePath(marker, "ended"), ""),
    open: async (from) => (await unended(from)).open,
    unended,
    wait: (waiting, message) => store.put(placePath(waiting, "awaits"), message),
    messageOf: async (waiting) => (await store.get(placePath(waiting, "awaits")))?.toString(),
    async beginnings() {
      const begun = new Map<string, number>();
      for await (const { objects } of pagesAfter(store, "", "")) {
        for (const { key } of objects) {
          const parsed = parsePlace(key);
          if (parsed !== undefined && parsed.twin !== "awaits" && !begun.has(parsed.run))
            begun.set(parsed.run, decodeTime(parsed.id));
        }
      }
      return begun;
    },
    async read(marker) {
      const kind = { what: "place", parse: placeSchema.parse };
      try {
        return await readDocument(store, placePath(marker), kind);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "LedgerUnreadable") return undefined;
        throw error;
      }
    },
  };
}
