/**
 * Is another run archiving from the same source to the same archive just now? Then each key would be fetched, and paid for, twice. By
 * the rule of opening: a run first writes down where it works, and then looks who else does; whoever is at work goes on, and of those
 * that have only begun, the one that is written down first, by the store's clock: whoever is written down later finds it there. Seen are the runs of one ledger, by the doors that ask: commands, and schedules.
 *
 * What holds up others is not over, halted or cancelled, and showed a sign of life within the hour; what waits for restores shows none
 * before its next look is due.
 */
import { encodeTime, ulid } from "ulid";
import { readControl, saysStop } from "../../ledger/control.ts";
import { openPlaces, type PlaceMarker, type Places } from "../../ledger/places.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { sleepsUntil } from "../../ledger/shard/restoring-marker.ts";
import { type LedgerStore, pagesAfter } from "../../ledger/store.ts";
import type { ListedObject } from "../../objects/bucket.ts";
import { type KeyRange, shareKeys } from "../../policy/places.ts";
import { addressOf } from "../../vocabulary/address.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import type { Place } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/** Without a sign for longer, nobody works on it. */
const ALIVE_MS = 60 * 60_000;
/** Between what a run writes down and its request: longer takes none that is still at it. */
const OPENING_MS = 60_000;
/** Of two that were written in one moment of the store's clock the second may not have been there yet when the first looked. */
const MOST_LOOKS = 6;
const BETWEEN_LOOKS_MS = 1_000;
/** A run that began earlier is not looked for, so that a look costs what the last month's runs cost. */
export const LOOK_BACK_MS = 30 * 24 * 3_600_000;

type Asked = Pick<RunRequest, "run" | "source" | "archive" | "rows">;

export interface OtherRuns {
  /**
   * Writes down where the run works, unless another one that is at work shares keys with it in source and archive.
   *
   * @param beside it is begun whoever works there
   * @returns the id of that other run; undefined where this one may go on
   */
  take(beside: boolean): Promise<string | undefined>;
}

/** A first look, which writes nothing and rejects unheard unless it is awaited; what counts is the one after the run is written down. */
export function lookForOthers(ledger: Place, asked: Asked, surroundings: Surroundings): Promise<OtherRuns> {
  const { clock, open } = surroundings;
  const places = openPlaces(open("ledger", ledger), ledger.prefix, surroundings);
  const written = async () => places.open(encodeTime(Math.max(0, clock.now() - LOOK_BACK_MS), 10));
  const look = { places, ledger, asked, surroundings, inNobodysWay: new Set<string>(), abreast: new Set<string>() };
  const looked = written().then((before) => ({ take: (beside: boolean) => take(look, before, written, beside) }));
  looked.catch(() => undefined);
  return looked;
}

async function take(
  look: Look,
  before: readonly PlaceMarker[],
  written: () => Promise<readonly PlaceMarker[]>,
  beside: boolean,
): Promise<string | undefined> {
  const { places, asked, surroundings } = look;
  const { clock, random } = surroundings;
  if (!beside) {
    const other = await atWork(look, before, undefined);
    if (other !== undefined) return other;
  }
  const mine = before.find(({ run }) => run === asked.run);
  const id = mine?.id ?? ulid(clock.now(), random);
  if (mine === undefined) await places.write(id, placeDocument(asked, clock.now()));
  if (beside) return undefined;
  for (let looks = 1; ; looks++) {
    const now = await written();
    look.abreast.clear();
    const other = await atWork(
      look,
      now,
      now.find((marker) => marker.id === id),
    );
    if (other !== undefined && mine === undefined) await places.end({ id, run: asked.run });
    if (other !== undefined || look.abreast.size === 0 || looks === MOST_LOOKS) return other;
    await clock.sleep(BETWEEN_LOOKS_MS);
  }
}

/** Where a run works. */
export function placeDocument({ run, archive, ...asked }: Asked, now: number) {
  return {
    schema: "cos-originals/place@1",
    run,
    source: sourceOf(asked),
    archive: addressOf(archive),
    at: new Date(now).toISOString(),
    tool: toolVersion,
  } as const;
}

/** Only what a listing lists is fetched. */
function sourceOf({ source, rows }: Pick<Asked, "source" | "rows">): KeyRange {
  return { bucket: source.bucket, prefix: rows.kind === "listing" ? rows.prefix : source.prefix };
}

interface Look {
  readonly places: Places;
  readonly ledger: Place;
  readonly asked: Asked;
  readonly surroundings: Surroundings;
  /** Ids of those that were found so a moment ago: they need no second look. */
  readonly inNobodysWay: Set<string>;
  /** Ids of those that give way to this one if they have seen it, and are at work soon if they have not. */
  readonly abreast: Set<string>;
}

/** @param own this run's own marker; undefined where it has none yet */
async function atWork(
  look: Look,
  markers: readonly PlaceMarker[],
  own: PlaceMarker | undefined,
): Promise<string | undefined> {
  const { places, ledger, asked, surroundings, inNobodysWay, abreast } = look;
  for (const marker of markers) {
    if (marker.run === asked.run || inNobodysWay.has(marker.id)) continue;
    const its = await places.read(marker);
    const shares = its !== undefined && shareKeys(its.archive, asked.archive) && shareKeys(its.source, sourceOf(asked));
    if (!shares) {
      inNobodysWay.add(marker.id);
      continue;
    }
    const store = openLedger(ledger, marker.run, surroundings);
    switch (await stateOf(store)) {
      case "over":
        await places.end(marker);
        inNobodysWay.add(marker.id);
        break;
      case "at work":
        return marker.run;
      case "only begun":
        if (own === undefined || marker.ageMs >= OPENING_MS) break;
        if (isFirst(marker, own)) return marker.run;
        if (marker.writtenAt === own.writtenAt) abreast.add(marker.id);
        break;
      case "at rest":
        inNobodysWay.add(marker.id);
        break;
    }
  }
  return undefined;
}

const isFirst = (one: PlaceMarker, other: PlaceMarker): boolean =>
  one.writtenAt < other.writtenAt || (one.writtenAt === other.writtenAt && one.id < other.id);

async function stateOf(ledger: LedgerStore): Promise<"over" | "at work" | "only begun" | "at rest"> {
  if ((await readSummary(ledger))?.state === "complete") return "over";
  if (saysStop(await readControl(ledger))) return "at rest";
  let objects = 0;
  for await (const page of pagesAfter(ledger, "", "")) {
    objects += page.objects.length;
    const isSign = ({ key, lastModified }: ListedObject) =>
      page.serverTime - Math.max(lastModified, sleepsUntil(key) ?? lastModified) < ALIVE_MS;
    if (page.objects.some(isSign)) return "at work";
  }
  return objects === 0 ? "only begun" : "at rest";
}
