/**
 * What lies below test/golden/<version>/:
 *
 *   source.jsonl           the source's objects, the manifests among them
 *   <state>/objects.jsonl  the archive's objects below `<state>/`: what was archived, and the ledger
 *   <state>/says.json      what the code of that version said of it, and how it ended it (says.ts)
 *   messages.jsonl         messages as they lay in a queue: those of the run `queued`, and what begins others
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromLines, type KeptObject } from "./kept-object.ts";

/** A run's id is its state's name, and its archive is `cos://ARCHIVE/<state>/`. */
export const states = {
  complete: "every shard is over and the report is written; one row failed, one is a duplicate",
  halfway:
    "killed with -9: two shards are over, one has a segment and an object that nothing records, one only an open marker",
  halted: "too many rows failed",
  cancelled: "on a queue, with the report of what was over by then",
  planning: "two slices are planned, of a manifest whose rows may repeat; there is no run.json",
  listing: "one slice of a listing is planned",
  finalizing: "every shard is over; a draft of the report's only part is written, no group marker",
  reporting: "killed with -9 between the group's marker and summary.json",
  queued: "on a queue: one shard is over, one handed over, the others are messages",
} as const;
export type State = keyof typeof states;
export const stateNames = Object.keys(states) as State[];

/** What somebody stopped goes on only once it is resumed. */
export const isStopped = (state: string): boolean => state === "halted" || state === "cancelled";

export interface Golden {
  /** Of which state; where nothing of it is there yet, the name of any place. */
  readonly state: string;
  readonly objects: readonly KeptObject[];
}

export interface KeptMessage {
  /** What it is, in a few words. */
  readonly name: string;
  readonly body: string;
  /** Texts of its message attributes, by name. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Of a manifest: what became of it (says.ts, Begun). */
  readonly begun?: { readonly run: string; readonly [field: string]: unknown };
}

export const files = {
  source: "source.jsonl",
  messages: "messages.jsonl",
  objects: "objects.jsonl",
  says: "says.json",
};

export interface GoldenVersion {
  readonly version: string;
  readonly source: readonly KeptObject[];
  readonly states: readonly State[];
  readonly messages: readonly KeptMessage[];
  /** Of some fetches those that found something: the others are a matter of chance (says.ts, Ending). */
  found(fetched: readonly string[]): readonly string[];
  golden(state: State): Golden;
  says(state: State): unknown;
}

/** Of every folder here that holds golden files, the oldest name first. */
export function goldenVersions(): readonly GoldenVersion[] {
  const here = import.meta.dirname;
  return readdirSync(here)
    .filter((name) => existsSync(join(here, name, files.source)))
    .sort()
    .map((version) => {
      const text = (...path: string[]) => readFileSync(join(here, version, ...path), "utf8");
      const source = fromLines<KeptObject>(text(files.source));
      const there = new Set(source.map(({ key }) => key));
      return {
        version,
        source,
        found: (fetched) => fetched.filter((key) => there.has(key)),
        states: stateNames.filter((state) => existsSync(join(here, version, state))),
        messages: fromLines<KeptMessage>(text(files.messages)),
        golden: (state) => ({ state, objects: fromLines<KeptObject>(text(state, files.objects)) }),
        says: (state) => JSON.parse(text(state, files.says)),
      };
    });
}
