/** The race: limit, this project and the SDK copy the same objects, size by size and concurrency by concurrency. */
import { contestantsAt } from "../contestants.ts";
import type { Bench, Part } from "../part.ts";
import { type Cell, race } from "../race.ts";
import { cellText, type Ratios, ratiosOf, ratiosText } from "../table.ts";

export interface CopyResult {
  readonly cells: readonly Cell[];
  readonly ratios: readonly Ratios[];
}

export function createCopyPart({ flags, folder, store, cells, say, note }: Bench): Part<CopyResult> {
  const { sizes, concurrency, rounds, objects, only, nodeFlags } = flags;
  return {
    name: "copy",
    async run() {
      const { talking, origin } = await store();
      for (const label of sizes) {
        for (const each of concurrency) {
          const contestants = contestantsAt(label, each, only);
          if (contestants.length === 0) continue;
          const options = { folder, store: talking, origin, label, contestants, rounds, objects, nodeFlags, note };
          const cell = await race({ ...options, concurrency: each });
          note("");
          say(cellText(cell));
          cells.push(cell);
        }
      }
      return { cells, ratios: cells.map(ratiosOf) };
    },
    text: ({ ratios }) => ratiosText(ratios),
    isRight: ({ cells }) =>
      cells.every(({ results }) => results.every(({ wrong, failure }) => wrong === 0 && failure === undefined)),
  };
}
