/** The runs that a worker had a hand in. */
import type { Summary } from "../../report/summary.ts";
import { statusOf } from "../inspect/status.ts";
import type { Message, Place } from "../messages/messages.ts";
import { defaultLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/** Which runs the messages were of, and how they stand. */
export function createTouchedRuns() {
  const places = new Map<string, Place>();
  const runs = new Map<string, { readonly place: Place; readonly run: string }>();
  /** Found at rest: they need not be looked at again. */
  const resting = new Set<string>();
  return {
    /** `worked`: BUCKET/PREFIX/RUN of each run whose shards were worked here (ShardWorker.runs); the only trace of a manifest's. */
    add(message: Message, worked: Iterable<string>) {
      const place = message.type === "manifest" ? (message.ledger ?? defaultLedger(message.archive)) : message.ledger;
      const at = `${place.bucket}/${place.prefix}/`;
      places.set(at, place);
      if (message.type !== "manifest") {
        runs.set(at + message.run, { place, run: message.run });
        resting.delete(at + message.run);
        return;
      }
      for (const id of worked) {
        for (const [below, its] of places) {
          const run = id.slice(below.length);
          if (id.startsWith(below) && !run.includes("/")) runs.set(id, { place: its, run });
        }
      }
    },
    async atRest(surroundings: Surroundings): Promise<boolean> {
      for (const [id, { place, run }] of runs) {
        if (resting.has(id)) continue;
        const { summary } = await statusOf(place, run, surroundings);
        if (summary.state === "running") return false;
        resting.add(id);
      }
      return true;
    },
    async summaries(surroundings: Surroundings): Promise<Summary[]> {
      const all: Summary[] = [];
      for (const { place, run } of runs.values()) all.push((await statusOf(place, run, surroundings)).summary);
      return all;
    },
  };
}
