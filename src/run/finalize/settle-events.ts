/**
 * What a run has to tell others, besides what its shards told at once: rows that could not be told of then, and that it ended. It follows the
 * report, blocks nothing, and what is still left is said by the summary (`undelivered`), where whoever reminds of unfinished runs finds it.
 */
import { endedEvent } from "../../events/ended-event.ts";
import type { OpenSink } from "../../events/sink.ts";
import { tellUntold } from "../../events/tell-shard.ts";
import { readControl, saysStop } from "../../ledger/control.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { writeSummaryFiles } from "../../ledger/report/summary.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { noticeOf, type RunEnding, untoldShards, writeNotice } from "../../ledger/undelivered.ts";
import type { RunState, Summary } from "../../report/summary.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface Settling {
  readonly ledger: LedgerStore;
  readonly place: Place;
  readonly request: RunRequest;
  readonly openSink: OpenSink;
  readonly surroundings: Pick<Surroundings, "clock" | "random"> & Partial<Pick<Surroundings, "settings">>;
}

/** Does a run tell anybody of anything? */
export const tellsOthers = ({ options }: Pick<RunRequest, "options">): boolean =>
  options.events !== undefined || options.notify !== undefined;

/** How a run in that state has ended; undefined where it goes on, or may be gone on with by itself. */
async function endingOf(ledger: LedgerStore, state: RunState): Promise<RunEnding | undefined> {
  if (state === "complete") return { epoch: 0, state };
  if (state !== "halted" && state !== "cancelled") return undefined;
  const control = await readControl(ledger);
  return saysStop(control) ? { epoch: control.epoch, state } : undefined;
}

/** Shards that others were not told of in full, and the notice of the end that nobody took yet; undefined of a run that tells nobody. */
export async function undeliveredOf(
  ledger: LedgerStore,
  request: Pick<RunRequest, "options">,
  state: RunState,
): Promise<number | undefined> {
  if (!tellsOthers(request)) return undefined;
  const { events, notify } = request.options;
  const shards = events === undefined ? 0 : (await untoldShards(ledger)).length;
  const ending = notify === undefined ? undefined : await endingOf(ledger, state);
  const isUnnoticed = ending !== undefined && (await noticeOf(ledger, ending)) !== "delivered";
  return shards + (isUnnoticed ? 1 : 0);
}

/** Rows alone, of a run that goes on. Does nothing where nothing is left. */
export async function settleRows(
  { ledger, request, openSink, surroundings }: Settling,
  deadline: number,
  stop?: AbortSignal,
): Promise<{ readonly taken: number; readonly why?: string | undefined }> {
  const { events } = request.options;
  if (events === undefined) return { taken: 0 };
  const { clock, random } = surroundings;
  const telling = { ledger, request, sink: openSink("events", events), clock, random };
  return withinTime(clock, deadline, stop, (signal) => tellUntold(telling, { signal, insist: true }));
}

/** Rows, then the end. Resolves with the summary as it is then; written anew where what is undelivered has changed. */
export async function settleEvents(settling: Settling, summary: Summary, deadline: number): Promise<Summary> {
  const { ledger, request, surroundings } = settling;
  if (!tellsOthers(request)) return summary;
  await settleRows(settling, deadline);
  await settleNotice(settling, summary, deadline);
  const undelivered = await undeliveredOf(ledger, request, summary.state);
  if (undelivered === summary.undelivered) return summary;
  const settled = { ...summary, undelivered };
  await writeSummaryFiles(ledger, settled, { language: surroundings.settings?.language });
  return settled;
}

async function settleNotice(
  { ledger, place, request, openSink, surroundings }: Settling,
  summary: Summary,
  deadline: number,
): Promise<void> {
  const { notify } = request.options;
  const ending = notify === undefined ? undefined : await endingOf(ledger, summary.state);
  if (notify === undefined || ending === undefined) return;
  const before = await noticeOf(ledger, ending);
  if (before === "delivered") return;
  const sink = openSink("notify", notify);
  const event = endedEvent(place, summary, ending.epoch);
  await withinTime(surroundings.clock, deadline, undefined, async (signal) => {
    const end = await sink.deliver([event], { signal, insist: true });
    if (end.kind === "delivered") return writeNotice(ledger, ending, end, surroundings);
    // Once is enough: each further try would say the same.
    if (before === "undelivered") return;
    const why = end.kind === "undelivered" ? end.why : "there was no time for it";
    await writeNotice(ledger, ending, { kind: "undelivered", to: sink.name, why }, surroundings);
  });
}

/** What is under way at the end of a delivery's time must be written down yet. */
const RESERVE_MS = 3_000;

async function withinTime<T>(
  clock: Surroundings["clock"],
  deadline: number,
  stop: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return work(stop);
  const [late, over] = [new AbortController(), new AbortController()];
  const left = Math.max(0, deadline - clock.elapsed() - RESERVE_MS);
  void clock.sleep(left, over.signal).then(() => late.abort());
  try {
    return await work(late.signal);
  } finally {
    over.abort();
  }
}
