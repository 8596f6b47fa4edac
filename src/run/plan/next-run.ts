/**
 * Which run a command begins or goes on with. What is not over is gone on with. Where it is over, a run that is named by what is asked
 * is begun anew under the next number, `<id>-2`, since what lies in source and archive may be other today; one that somebody
 * named is refused, for the same name every night would back up nothing from the second night on. (A run that was halted
 * or cancelled is not over: `resume` lets it go on.)
 */
import { type RunRequest, readRequest } from "../../ledger/plan/request.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { listRuns } from "../../ledger/runs.ts";
import { UserError } from "../../vocabulary/errors.ts";
import type { Place } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { sameRun } from "./claim.ts";
import { preflightLedger } from "./preflight.ts";

/** How the run got its id. */
export type Naming =
  /** Somebody gave it. */
  | { readonly kind: "given" }
  /** It follows from what is asked. `again`: a run that is over is begun anew even where that overwrites all it archived. */
  | { readonly kind: "derived"; readonly again: boolean };

export interface NextRun {
  readonly request: RunRequest;
  /** The run of the same ask that was over before. */
  readonly after?: { readonly run: string; readonly endedAt: string | null } | undefined;
  /** Was anything of it in the ledger? */
  readonly before: "nothing" | "something";
}

/** Errors: UserError `RunEnded`, `RunDiffers`, `NoSuchBucket`; RefusedError; BucketError. */
export async function nextRun(
  place: Place,
  request: RunRequest,
  naming: Naming,
  surroundings: Surroundings,
): Promise<NextRun> {
  // Side by side, for each takes a way to the service and back; what the first says of the ledger comes first.
  const find = async () => {
    const newest = naming.kind === "given" ? 1 : await newestNumber(place, request.run, surroundings);
    const id = numbered(request.run, newest);
    const ledger = openLedger(place, id, surroundings);
    return { newest, id, ledger, before: newest === 0 ? undefined : await readRequest(ledger) };
  };
  const [looked, found] = await Promise.allSettled([preflightLedger(place, surroundings), find()]);
  if (looked.status === "rejected") throw looked.reason;
  if (found.status === "rejected") throw found.reason;
  const { newest, id, ledger, before } = found.value;
  if (before === undefined) return { request, before: newest > 1 ? "something" : "nothing" };
  sameRun(before, { ...request, run: id });
  const summary = await readSummary(ledger);
  if (summary?.state !== "complete") return { request: { ...request, run: id }, before: "something" };
  const { endedAt } = summary;
  if (naming.kind === "given")
    throw ended(id, endedAt, "name each night's run by --run 'nightly-{date}', or take another id");
  if (request.options.ifExists === "overwrite" && !naming.again) {
    throw ended(
      id,
      endedAt,
      "with --if-exists overwrite all of it would be fetched again: say --again where that is meant",
    );
  }
  const next = { ...request, run: numbered(request.run, newest + 1) };
  return { request: next, after: { run: id, endedAt }, before: "nothing" };
}

const numbered = (run: string, number: number) => (number <= 1 ? run : `${run}-${number}`);

/** The highest number under which this was begun; 1 of the id without one, 0 where there is none. */
async function newestNumber(place: Place, run: string, surroundings: Surroundings): Promise<number> {
  let newest = 0;
  for await (const names of listRuns(surroundings.open("ledger", place), place.prefix, surroundings, run)) {
    for (const name of names) {
      const number = name === run ? 1 : Number(/^-(\d{1,9})$/.exec(name.slice(run.length))?.[1] ?? 0);
      newest = Math.max(newest, number);
    }
  }
  return newest;
}

function ended(run: string, endedAt: string | null, what: string): UserError {
  const when = endedAt === null ? "" : ` at ${endedAt}`;
  return new UserError("RunEnded", `The run ${JSON.stringify(run)} ended${when}; nothing was done; ${what}.`);
}
