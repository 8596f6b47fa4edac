/** `cos-originals doctor --probe`: what a user's own bucket settles about the service. */

import type { Settings } from "../../../config/read.ts";
import type { SettingName } from "../../../config/settings.ts";
import type { FindingsDocument } from "../../../emulator/faults/findings.ts";
import { probeRange } from "../../../ledger/probe-copy.ts";
import { isBucketError } from "../../../objects/error.ts";
import { shareKeys } from "../../../policy/places.ts";
import { findingsOf } from "../../../run/inspect/probe/findings.ts";
import { listSamples, probe } from "../../../run/inspect/probe/probe.ts";
import type { Probed } from "../../../run/inspect/probe/probed.ts";
import { costOfSamples } from "../../../run/inspect/probe/samples.ts";
import { noSuchBucket } from "../../../run/plan/preflight.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
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
  const key = typeof flags.key === "string" ? flags.key : undefined;
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  let copied: string | undefined;
  const holdsCopy = (its: string | undefined) => {
    copied = its;
  };
  const interrupt = onInterrupt(terminal, {
    first: () => "Stopping: nothing more is asked.",
    second: () =>
      copied === undefined
        ? "Stopped at once."
        : `Stopped at once: a copy may be left as ${quote(copied)} in the ledger's bucket, which a later probe deletes.`,
  });
  try {
    const source = sourcePlace(settings);
    const bucket = surroundings.open("source", source);
    const copies = copiesOf(settings, surroundings);
    const { signal } = interrupt;
    // Whatever is asked to be quiet: nobody else will tell.
    const leftBehind = (sentence: string) => terminal.log.error(sentence);
    const { clock, random } = world;
    const probed = { bucket, prefix: source.prefix, copies, clock, random, signal, holdsCopy, leftBehind };
    const { samples, sent } = await listSamples(probed, key).catch((error: unknown) => {
      if (isBucketError(error) && error.code === "NoSuchBucket") throw noSuchBucket("the source", bucket, error);
      throw error;
    });
    const copying = !("why" in copies);
    const cost = probeCostText(costOfSamples(samples, sent, copying), pricesOf(settings), copying);
    if (!(await agreed(flags, cost, terminal, signal))) {
      if (signal.aborted) return exitCodes.interrupted;
      const sentSoFar = key === undefined ? "the listing" : "a HEAD";
      throw new UserError("ProbeUnasked", `${cost} Nothing was sent but ${sentSoFar}; agree to it with --yes.`);
    }
    const { replies, refused } = await probe(probed, samples);
    const findings = findingsOf(replies);
    if (flags.json === true) {
      terminal.out(
        JSON.stringify({ schema: "cos-originals/findings@1", version, findings } satisfies FindingsDocument),
      );
    } else {
      terminal.out(probeText(findings));
      terminal.note("With --json the same as a document that names nothing of yours: emulator --as FILE behaves so.");
    }
    if (signal.aborted) return exitCodes.interrupted;
    if (refused === undefined) return exitCodes.done;
    terminal.complain(
      `The credentials were refused in the middle of the probe (${refused}): what was not asked by then is unknown; give others, and probe again.`,
    );
    return exitCodes.refused;
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
  if (shareKeys(sourcePlace(settings), probeRange(ledger))) {
    return { why: "the ledger shares keys with the source, into which nothing is written" };
  }
  const bucket = surroundings.open("ledger", ledger);
  if ("exactReply" in bucket) return { bucket: bucket as typeof bucket & Probed["bucket"], ledger };
  return { why: "the ledger is not in COS, so that no server-side copy leads to it" };
}
