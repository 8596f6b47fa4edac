/** A part of the benchmark: something that can be measured alone. One file a part, in parts/. */
import type { Flags } from "./flags.ts";
import type { Talking } from "./processes.ts";
import type { Cell } from "./race.ts";

/** In the order in which they are run; a name more is a file more in parts/ and a line more in main.ts. */
export const partNames = [
  "copy",
  "store",
  "rows",
  "start",
  "plan",
  "list",
  "functions",
  "commands",
  "distance",
] as const;
export type PartName = (typeof partNames)[number];

export interface Part<Result = unknown> {
  readonly name: PartName;
  /** Measures. The result is what `--json` prints. */
  run(): Promise<Result>;
  /** The result as people read it; what was said on the way is not said again. */
  text(result: Result): string;
  /** Is everything there that was to be done, and right? Otherwise the benchmark exits with 1. */
  isRight(result: Result): boolean;
}

/** What parts are made with. */
export interface Bench {
  readonly flags: Flags;
  /** Where the bundled processes lie (store.js, racer.js, …). */
  readonly folder: string;
  /** What is shipped: the checkout's dist/. */
  readonly dist: string;
  /** The store of the race: one process, begun when it is first wanted. */
  readonly store: () => Promise<Store>;
  /** Cells of the race so far, for who compares with them. */
  readonly cells: Cell[];
  /** What is known already of a part that takes long: lost otherwise, should it break off. */
  readonly say: (text: string) => void;
  /** How far a part has come; a line that is written over. */
  readonly note: (text: string) => void;
}

export interface Store {
  readonly talking: Talking;
  /** Of the store. */
  readonly origin: string;
}
