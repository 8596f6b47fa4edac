/** `cos-originals doctor --probe`: what a user's own bucket settles about the service. */

import type { Settings } from "../../../config/read.ts";
import type { SettingName } from "../../../config/settings.ts";
import type { FindingsDocument } from "../../../emulator/faults/findings.ts";
import { isBucketError } from "../../../objects/error.ts";
import { listSamples, type Probed, probe } from "../../../run/inspect/probe.ts";
import { findingsOf } from "../../../run/inspect/probe-findings.ts";
import { costOfSamples } from "../../../run/inspect/probe-samples.ts";
import { noSuchBucket } from "../../../run/plan/preflight.ts";
import { UserError } from "../../../vocabulary/errors.ts";
import { version } from "../../../vocabulary/version.ts";
import { ledgerPlace, sourcePlace } from "../../settings/places.ts";
import { pricesOf } from "../../settings/prices.ts";
import { type OpenedSurroundings, surroundingsFromSettings } from "../../settings/surroundings-from-settings.ts";
import { commandWorld } from "../input/command-world.ts";
import type { Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { probeCostText, probeText } from "../terminal/probe-text.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Settings that it reckons with. */
export const priceNames: readonly SettingName[] = [
  "priceCurrency",
  "priceProcessing",
  "freeProcessing",
  "priceRequests",
  "priceTraffic",
];

export async function probeCommand(flags: Flags, settings: Settings, terminal: Terminal): Promise<ExitCode> {
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  const interrupt = onInterrupt(terminal, "Stopping.");
  try {
    const source = sourcePlace(settings);
    const bucket = surroundings.open("source", source);
    const copies = copiesOf(settings, surroundings);
    const warn = (sentence: string) => terminal.log.warn(sentence);
    const probed = { bucket, prefix: source.prefix, copies, clock: world.clock, random: world.random, warn };
    const { samples, lists } = await listSamples(probed).catch((error: unknown) => {
      if (isBucketError(error) && error.code === "NoSuchBucket") throw noSuchBucket("the source", bucket, error);
      throw error;
    });
    const copying = !("why" in copies);
    const cost = probeCostText(costOfSamples(samples, lists, copying), pricesOf(settings), copying);
    if (!(await agreed(flags, cost, terminal, interrupt.signal))) {
      if (interrupt.signal.aborted) return exitCodes.interrupted;
      throw new UserError("ProbeUnasked", `${cost} Nothing was sent but the listing; agree to it with --yes.`);
    }
    const findings = findingsOf(await probe(probed, samples));
    if (flags.json === true) {
      terminal.out(
        JSON.stringify({ schema: "cos-originals/findings@1", version, findings } satisfies FindingsDocument),
      );
    } else {
      terminal.out(probeText(findings));
      terminal.note("With --json the same as a document that names nothing of yours: emulator --as FILE behaves so.");
    }
    return interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.done;
  } finally {
    interrupt.dispose();
    await surroundings.close();
  }
}

async function agreed(flags: Flags, cost: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  if (flags.yes === true) {
    terminal.note(cost);
    return true;
  }
  return terminal.confirm(`${cost} Go on?`, signal);
}

/** The archive need not be said: then the copy is not tried. */
function copiesOf(settings: Settings, surroundings: OpenedSurroundings): Probed["copies"] {
  if (settings.values.archive === undefined && settings.values.ledger === undefined) {
    return { why: "no --archive was given, in whose ledger a copy could be tried" };
  }
  const ledger = ledgerPlace(settings);
  const bucket = surroundings.open("ledger", ledger);
  if ("exactReply" in bucket) return { bucket: bucket as typeof bucket & Probed["bucket"], ledger };
  return { why: "the ledger is not in COS, so that no server-side copy leads to it" };
}
