/** `report --index FILE`: the runs of a ledger as one page. */
import { writeFile } from "node:fs/promises";
import { runsHtml } from "../../../report/page/runs-html.ts";
import { runsOf } from "../../../run/inspect/runs.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { counted } from "../../../vocabulary/counted.ts";
import { quote } from "../../../vocabulary/errors.ts";
import { pricesOf } from "../../settings/prices.ts";
import type { OpenedLedger } from "../input/recorded-run.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { costOfRead, runsDocument } from "../terminal/runs-text.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { unwritable } from "../terminal/unwritable.ts";

/** @param newest so many runs of it */
export async function writeRunsPage(
  { place, settings, surroundings, json }: OpenedLedger,
  file: string,
  newest: number,
  terminal: Terminal,
): Promise<ExitCode> {
  const found = await runsOf(place, surroundings, newest);
  const prices = pricesOf(settings);
  const runs = found.runs.map((one) => {
    if (one.kind === "unread") return one;
    const { run, summary } = one;
    const cost = costOfRead(one, place, prices);
    return { kind: "read", run, summary, cost: cost ?? undefined } as const;
  });
  const page = runsHtml({
    ledger: printAddress(place),
    runs,
    more: found.more,
    writtenAt: new Date(surroundings.clock.now()).toISOString(),
    language: surroundings.settings.language,
  });
  try {
    await writeFile(file, page);
  } catch (thrown) {
    throw unwritable(`--index ${quote(file)}`, thrown);
  }
  if (json) terminal.out(JSON.stringify(runsDocument(found, place, prices)));
  else terminal.out(`${counted(runs.length, "run")} of ${printAddress(place)} in ${file}`);
  return exitCodes.done;
}
