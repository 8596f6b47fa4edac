/** The original in an archive class: what a request for it finds follows from when a restore of it was begun. */
import { noObjects, type Objects, storedObject, withObject } from "./objects.ts";
import type { StoreRequest } from "./request.ts";
import type { State } from "./state.ts";
import { originals, type Story, startedAt } from "./story.ts";
import { Violation } from "./violation.ts";

type Phase = "archived" | "being restored" | "restored";

const said: Readonly<Record<Phase, Record<string, string>>> = {
  archived: {},
  "being restored": { "x-cos-restore": 'ongoing-request="true"' },
  restored: { "x-cos-restore": 'ongoing-request="false", expiry-date="Sun, 04 Jan 2026 00:00:00 GMT"' },
};

function phaseOf({ restoredAt, now }: Pick<State, "restoredAt" | "now">): Phase {
  if (restoredAt === undefined) return "archived";
  return now < restoredAt ? "being restored" : "restored";
}

const known = new Map<string, Objects>();

/** The source as it is now. */
export function sourceOf({ cold }: Pick<Story, "cold">, state: Pick<State, "restoredAt" | "now">): Objects {
  const phase = phaseOf(state);
  const id = `${cold?.key} ${phase}`;
  const source =
    known.get(id) ??
    [...originals].reduce((objects, [key, bytes]) => {
      const headers = key === cold?.key ? { "x-cos-storage-class": "ARCHIVE", ...said[phase] } : {};
      return withObject(objects, storedObject(key, bytes, headers, startedAt));
    }, noObjects);
  known.set(id, source);
  return source;
}

/** Does what it finds depend on when it takes effect? What is restored stays so for longer than any path. */
export const isOfCold = ({ cold }: Story, state: State, request: StoreRequest): boolean =>
  request.where === "source" &&
  request.kind !== "list" &&
  request.key === cold?.key &&
  (request.kind === "restore" || phaseOf(state) !== "restored");

/** The row says that it is archived, so no fetch of it may be sent before a HEAD says that it is restored. */
export function fetchChecks(story: Story, state: State, request: StoreRequest): void {
  if (request.kind === "get" && isOfCold(story, state, request))
    throw new Violation(`${request.key} is fetched, and is ${phaseOf(state)}`);
}

/** After a restore that took effect. */
export const restoreTaken = ({ cold }: Story, state: State, isBegun: boolean): State => ({
  ...state,
  restores: state.restores + 1,
  restoredAt: isBegun ? state.now + (cold?.restoreMs ?? 0) : state.restoredAt,
});
