/**
 * What an archive held at a time: of the copies in its history, or of the versions in its bucket, and of what lies there now the newest of
 * each key that was written by then. Streams in the order that listings have, and holds no more than the keys that are prefixes of each
 * other. Nothing is asked here.
 */
import type { ListedObject } from "../../objects/bucket.ts";
import { compareKeys } from "../../objects/key-order.ts";
import type { ListedVersion, VersionsPage } from "../../objects/versions.ts";
import { parseHistoryName } from "../../policy/history.ts";

type Pages = AsyncIterable<readonly ListedObject[]>;

/** An object that brings what a key of the archive held: it itself, its copy, or a version of it. */
export interface Found {
  /** The whole key in the archive. */
  readonly archiveKey: string;
  readonly object: ListedObject & { readonly versionId?: string | undefined };
}

/** Times of HEADs and names are whole seconds. */
const secondOf = (time: number): number => Math.floor(time / 1000) * 1000;

/** What lies there now, as it is listed. */
export async function* stateNow(present: Pages): AsyncGenerator<Found> {
  for await (const page of present) for (const object of page) yield { archiveKey: object.key, object };
}

/**
 * @param present what lies there now, in the order of keys
 * @param history objects whose keys begin with `prefix`, in that order
 * @param at ms since the epoch
 */
export async function* stateByHistory(
  present: Pages,
  history: Pages,
  prefix: string,
  at: number,
): AsyncGenerator<Found> {
  /** Of keys of which more may come: each is the beginning of the next. */
  const open = new Map<string, Candidate | undefined>();
  for await (const { sortedBy, archiveKey, candidate } of merged(present, history, prefix)) {
    for (const [key, best] of [...open].reverse()) {
      if (sortedBy.startsWith(`${key}~`)) break;
      open.delete(key);
      if (best !== undefined) yield { archiveKey: key, object: best.object };
    }
    const best = open.get(archiveKey);
    open.set(archiveKey, candidate.writtenAt <= at ? newer(best, candidate) : best);
  }
  for (const [archiveKey, best] of [...open].reverse()) {
    if (best !== undefined) yield { archiveKey, object: best.object };
  }
}

interface Candidate {
  readonly object: ListedObject;
  readonly writtenAt: number;
  /** What lies there now was written after all of which copies were made. */
  readonly isPresent: boolean;
}

function newer(one: Candidate | undefined, other: Candidate): Candidate {
  if (one === undefined || other.writtenAt > one.writtenAt) return other;
  return other.writtenAt === one.writtenAt && !one.isPresent ? other : one;
}

/** Of one key alone; undefined where it was not there. */
export function newestBy(
  present: ListedObject | undefined,
  history: readonly ListedObject[],
  { archiveKey, prefix, at }: { readonly archiveKey: string; readonly prefix: string; readonly at: number },
): ListedObject | undefined {
  let best: Candidate | undefined;
  const see = (candidate: Candidate) => {
    if (candidate.writtenAt <= at) best = newer(best, candidate);
  };
  for (const object of history) {
    const entry = parseHistoryName(prefix, object.key);
    if (entry?.archiveKey === archiveKey) see({ object, writtenAt: entry.writtenAt, isPresent: false });
  }
  if (present !== undefined) see({ object: present, writtenAt: secondOf(present.lastModified), isPresent: true });
  return best?.object;
}

interface Event {
  /** A copy's name without the folder before it; of what lies there now the key and a `~`, which goes before all of its copies. */
  readonly sortedBy: string;
  readonly archiveKey: string;
  readonly candidate: Candidate;
}

/** Both in the order of the names of copies. */
async function* merged(present: Pages, history: Pages, prefix: string): AsyncGenerator<Event> {
  const now = presentEvents(inOrderOfCopies(present));
  const then = historyEvents(history, prefix);
  let [one, other] = await Promise.all([now.next(), then.next()]);
  while (!one.done || !other.done) {
    if (other.done || (!one.done && compareKeys(one.value.sortedBy, other.value.sortedBy) <= 0)) {
      yield one.value as Event;
      one = await now.next();
    } else {
      yield other.value;
      other = await then.next();
    }
  }
}

async function* presentEvents(objects: AsyncIterable<ListedObject>): AsyncGenerator<Event, undefined> {
  for await (const object of objects) {
    const candidate = { object, writtenAt: secondOf(object.lastModified), isPresent: true };
    yield { sortedBy: `${object.key}~`, archiveKey: object.key, candidate };
  }
}

async function* historyEvents(pages: Pages, prefix: string): AsyncGenerator<Event, undefined> {
  for await (const page of pages) {
    for (const object of page) {
      const entry = parseHistoryName(prefix, object.key);
      if (entry === undefined) continue;
      const { archiveKey, writtenAt } = entry;
      const candidate = { object, writtenAt, isPresent: false };
      yield { sortedBy: object.key.slice(prefix.length), archiveKey, candidate };
    }
  }
}

/**
 * Keys come in the order that they have with a `~` behind them: `a` after `a.jpg` and before `a~b`. Only a key that the next ones begin with has to
 * wait for them.
 */
async function* inOrderOfCopies(pages: Pages): AsyncGenerator<ListedObject> {
  const waiting: ListedObject[] = [];
  for await (const page of pages) {
    for (const object of page) {
      for (let last = waiting.at(-1); last !== undefined; last = waiting.at(-1)) {
        if (compareKeys(`${last.key}~`, `${object.key}~`) > 0) break;
        yield last;
        waiting.pop();
      }
      waiting.push(object);
    }
  }
  yield* waiting.reverse();
}

/** Of each key of a listing of versions the newest that was written by then; none where that is a delete marker. */
export async function* stateByVersions(pages: AsyncIterable<VersionsPage>, at: number): AsyncGenerator<Found> {
  let open = new Map<string, ListedVersion[]>();
  const close = function* (unfinished: string | undefined): Generator<Found> {
    const rest = new Map<string, ListedVersion[]>();
    for (const key of [...open.keys()].sort(compareKeys)) {
      const versions = open.get(key) ?? [];
      if (key === unfinished) {
        rest.set(key, versions);
        continue;
      }
      const object = newestVersion(versions, at);
      if (object !== undefined) yield { archiveKey: key, object };
    }
    open = rest;
  };
  for await (const { versions, next } of pages) {
    for (const version of versions) {
      const its = open.get(version.key);
      if (its === undefined) open.set(version.key, [version]);
      else its.push(version);
    }
    yield* close(next?.key);
  }
  yield* close(undefined);
}

/** @param versions of one key, of each kind the newest first */
export function newestVersion(versions: readonly ListedVersion[], at: number): ListedVersion | undefined {
  let best: ListedVersion | undefined;
  for (const version of versions) {
    if (secondOf(version.lastModified) > at) continue;
    const isNewer = best === undefined || secondOf(version.lastModified) > secondOf(best.lastModified);
    const isSame = best !== undefined && secondOf(version.lastModified) === secondOf(best.lastModified);
    if (isNewer || (isSame && version.isLatest)) best = version;
  }
  return best?.isDeleted ? undefined : best;
}
