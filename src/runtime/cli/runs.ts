/** `cos-originals runs`: which runs a ledger knows, and how each stands or ended. */
import type { Command } from "commander";
import { runsOf } from "../../run/inspect/runs.ts";
import { pricesOf } from "../settings/prices.ts";
import { newestOf, usualNewest } from "./input/newest.ts";
import { settingsOfLedger, withLedger } from "./input/recorded-run.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import { runsDocument, runsText } from "./terminal/runs-text.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describeRuns(command: Command): void {
  addFlags(
    command.option("--newest <N>", "so many of the newest runs", usualNewest).addHelpText(
      "after",
      `
Times are UTC. What a run cost is reckoned from its requests and bytes by the prices of plan, and indicative.

Exit codes: 0 listed, 2 usage, 6 credentials refused.

Example:
  cos-originals runs --archive cos://archive-1250000000/photos/ --region ap-guangzhou --newest 7`,
    ),
    [...settingsOfLedger, "priceCurrency", "priceProcessing", "freeProcessing", "priceRequests", "priceTraffic"],
  );
}

export async function runsCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const newest = newestOf(flags.newest);
  return withLedger(settings, flags, terminal, async ({ place, surroundings, json }) => {
    const found = await runsOf(place, surroundings, newest);
    const prices = pricesOf(settings);
    if (json) terminal.out(JSON.stringify(runsDocument(found, place, prices)));
    else terminal.out(runsText(found, place, prices));
    return exitCodes.done;
  });
}
