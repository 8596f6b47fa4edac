/** Whoever sits at the terminal is asked before a run that may cost much. Where nobody does, nothing is asked. */
import type { Settings } from "../../../config/read.ts";
import { costOf } from "../../../policy/money/cost.ts";
import { formatMoney } from "../../../report/quantity.ts";
import type { RunInput } from "../../../run/plan/begin-run.ts";
import { type Estimate, estimateRun } from "../../../run/plan/estimate/estimate.ts";
import { entriesInScope } from "../../../run/plan/scope.ts";
import type { Surroundings } from "../../../run/surroundings/surroundings.ts";
import { counted } from "../../../vocabulary/counted.ts";
import { UserError } from "../../../vocabulary/errors.ts";
import { largestImage } from "../../../vocabulary/limits.ts";
import { foundOfSource } from "../../settings/findings.ts";
import { pricesOf } from "../../settings/prices.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Throws UserError `CostNotAgreed`. What is gone on with was agreed to when it began. */
export async function agreeToCost(
  { ledger, request, rows, except, before }: RunInput,
  settings: Settings,
  surroundings: Surroundings,
  terminal: Pick<Terminal, "confirm">,
  signal: AbortSignal,
): Promise<void> {
  if (before !== "nothing") return;
  const entries = entriesInScope(rows(), request, surroundings, { signal, except });
  const estimate = await estimateRun(entries, { ...request, ledger }, surroundings.random, foundOfSource(settings));
  const question = questionOf(estimate, settings, { archive: request.archive, ledger });
  if (question === undefined || (await terminal.confirm(question, signal))) return;
  signal.throwIfAborted();
  throw new UserError(
    "CostNotAgreed",
    `The run ${JSON.stringify(request.run)} was not agreed to, and nothing was begun; agree at the terminal, or beforehand with --yes.`,
  );
}

/** Undefined where it costs too little to be asked. Where no row tells its size each is taken for the largest image. */
export function questionOf(
  estimate: Pick<Estimate, "bytes" | "requests" | "restore" | "toArchive">,
  settings: Pick<Settings, "values">,
  places: Parameters<typeof costOf>[2],
): string | undefined {
  const { bytes, requests, restore, toArchive } = estimate;
  const isKnown = bytes.estimated !== null;
  const reckoned = {
    ...bytes,
    estimated: bytes.estimated ?? toArchive * largestImage,
    plain: bytes.plain ?? (requests["source.plain"] ?? 0) * largestImage,
  };
  const cost = costOf({ bytes: reckoned, requests, restore }, pricesOf(settings), places);
  if (cost === null || cost.upTo <= settings.values.confirmAbove) return undefined;
  const upTo = formatMoney(cost.upTo, cost.currency);
  const how = isKnown ? "may cost up to" : "tells no sizes, and with 32 MiB each would cost";
  return `This run of ${counted(toArchive, "original")} ${how} ${upTo} by the prices that plan shows. Begin it?`;
}
