/** `cos-originals plan`: what a run would come to. Writes nothing. */

import type { Command } from "commander";
import { keepsVersions } from "../../objects/keeps-versions.ts";
import { checkLeastRows, leastRowsUnlessSaid } from "../../run/places/least-rows.ts";
import { type Replaced, replacedIn } from "../../run/places/replaced.ts";
import { lackOfRoom } from "../../run/places/room.ts";
import { checkManifest } from "../../run/plan/check-manifest.ts";
import { estimateRun } from "../../run/plan/estimate/estimate.ts";
import { entriesInScope } from "../../run/plan/scope.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { foundOfSource } from "../settings/findings.ts";
import { standardInput } from "../settings/manifest-input.ts";
import {
  checkRowsGiven,
  runInputFromSettings,
  settingsOfBeginning,
  settingsOfPrices,
  settingsOfRequest,
  settingsOfWork,
} from "../settings/run-input.ts";
import { surroundingsFromSettings } from "../settings/surroundings-from-settings.ts";
import { keysOutlived } from "./begin/keys-outlived.ts";
import { commandWorld } from "./input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import { onInterrupt } from "./terminal/interrupt.ts";
import { planDocument } from "./terminal/plan-document.ts";
import { planText } from "./terminal/plan-text.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describePlan(command: Command): void {
  addFlags(
    command.addHelpText(
      "after",
      `
The flags are those of run. Costs are indicative: list prices of processing and requests, not your own. It is reckoned
as if the archive held nothing of a manifest's rows yet: what is there already is not fetched, and costs less.

Exit codes: 0 planned, 2 usage, 6 credentials refused.

Example:
  cos-originals plan --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --manifest keys.csv --rate 500/s`,
    ),
    [...settingsOfRequest, ...settingsOfBeginning, ...settingsOfWork, ...settingsOfPrices],
  );
}

export async function planCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  checkRowsGiven(settings);
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  const interrupt = onInterrupt(terminal, "Stopping.");
  const { signal } = interrupt;
  let dispose = async (): Promise<void> => undefined;
  try {
    const kept = await runInputFromSettings(settings, surroundings, standardInput(), signal, false);
    dispose = kept.dispose;
    const { request, rows, ledger, leastRows, except } = kept.input;
    await checkLeastRows(request, leastRows ?? leastRowsUnlessSaid, ledger, surroundings);
    await checkManifest(rows(), request);
    const entries = entriesInScope(rows(), request, surroundings, { signal, except });
    const estimate = await estimateRun(entries, { ...request, ledger }, surroundings.random, foundOfSource(settings));
    const replaced = await replacedIn(surroundings.open("archive", request.archive), request).catch(orUnknown);
    const document = planDocument(settings, request, ledger, estimate, replaced);
    if (flags.json === true) terminal.out(JSON.stringify(document));
    else terminal.out(planText(document, request));
    const seconds = document.time.seconds + (document.restore?.longestSeconds ?? 0);
    const places = { archive: request.archive, ledger };
    for (const said of await keysOutlived(world.credentials, places, { now: world.clock.now(), seconds }))
      terminal.note(said);
    const short = await lackOfRoom(surroundings.open("archive", request.archive), estimate.bytes.estimated);
    if (short !== undefined) terminal.note(short);
    // Planning a local file needs no network.
    if (await keepsVersions(surroundings.open("ledger", ledger), ledger.prefix)) {
      terminal.note(
        `The bucket ${ledger.bucket} keeps versions, so COS does not forbid overwriting in it: never start one run twice at the same moment, or some of its work is done twice.`,
      );
    }
    return signal.aborted ? exitCodes.interrupted : exitCodes.done;
  } catch (error) {
    if (signal.aborted && error instanceof Error && error.name === "AbortError") return exitCodes.interrupted;
    throw error;
  } finally {
    interrupt.dispose();
    await dispose();
    await surroundings.close();
  }
}

/** Planning a local file needs no network, nor credentials. */
function orUnknown(thrown: unknown): Replaced {
  if (thrown instanceof UserError && thrown.code === "MissingCredentials") return { by: "unknown" };
  throw thrown;
}
