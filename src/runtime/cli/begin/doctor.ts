/** `cos-originals doctor`: is a configuration fit for a run? */

import type { Command } from "commander";
import type { Settings } from "../../../config/read.ts";
import { allowedText } from "../../../policy/allow-list.ts";
import { examine } from "../../../run/inspect/doctor.ts";
import { type Finding, finding } from "../../../run/inspect/doctor-findings.ts";
import { allowListOf, unboundedRoles } from "../../settings/allow-list.ts";
import { archivePlace, historyOf, ledgerPlace, sourcePlace } from "../../settings/places.ts";
import { settingsOfSigning } from "../../settings/run-input.ts";
import { surroundingsFromSettings } from "../../settings/surroundings-from-settings.ts";
import { commandWorld } from "../input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { credentialsFindings } from "./doctor-credentials.ts";
import { priceNames, probeCommand } from "./probe.ts";

export function describeDoctor(command: Command): void {
  addFlags(
    command
      .option(
        "--key <KEY>",
        "the original to fetch, with --probe all that is tried (default: the smallest that is listed)",
      )
      .option(
        "--probe",
        "settle in this very bucket what documents leave open about the service, by some fifteen to thirty requests",
      )
      .option("--yes", "with --probe: send them without asking")
      .addHelpText(
        "after",
        `
Stores nothing: writing is probed with a checksum that is wrong. Fetches one original, which is paid for, and asks for one
that is not there. With --probe it asks other questions: what the service does where documents don't say, each answer the value of
a switch of the emulator. It says what that costs and asks before; without a terminal it needs --yes. The document that --json
prints names no bucket, key or account, and is a test for anybody: emulator --as FILE behaves so.

Exit codes: 0 fit for a run, perhaps with warnings, 2 usage, 6 something that a run needs is refused or goes wrong.

Example:
  cos-originals doctor --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou`,
      ),
    [
      "source",
      "archive",
      "ledger",
      "region",
      "sourceRegion",
      "archiveRegion",
      "endpoint",
      "sourceEndpoint",
      "archiveEndpoint",
      ...settingsOfSigning,
      "allowHttp",
      "allow",
      "archivedClass",
      "history",
      ...priceNames,
    ],
  );
}

export async function doctorCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  if (flags.probe === true) return probeCommand(flags, settings, terminal);
  const places = { source: sourcePlace(settings), archive: archivePlace(settings), ledger: ledgerPlace(settings) };
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  const key = typeof flags.key === "string" ? flags.key : undefined;
  const findings: Finding[] = [];
  const tell = (found: Finding) => {
    findings.push(found);
    if (flags.json !== true) terminal.out(`${found.verdict.padEnd(8)} ${found.check}: ${found.says}`);
  };
  try {
    for await (const found of credentialsFindings(world.credentials, places, world.clock.now)) tell(found);
    for await (const found of examine({
      ...places,
      key,
      restores: settings.values.archivedClass === "restore",
      history: historyOf(settings),
      open: surroundings.open,
      clock: world.clock,
      random: world.random,
    })) {
      tell(found);
    }
    // First what no run can work without.
    if (!findings.some(({ verdict }) => verdict === "bad")) tell(messagesFinding(settings));
  } finally {
    await surroundings.close();
  }
  if (flags.json === true) terminal.out(JSON.stringify({ schema: "cos-originals/doctor@1", findings }));
  return findings.some(({ verdict }) => verdict === "bad") ? exitCodes.refused : exitCodes.done;
}

/** What a queue's messages may name, where a worker or a function has these settings. */
function messagesFinding(settings: Settings): Finding {
  const unbounded = unboundedRoles(settings);
  if (unbounded !== undefined) return finding("messages", "warning", `of a worker with these settings: ${unbounded}`);
  const allowed = allowListOf(settings).map(allowedText).join(", ");
  return finding("messages", "good", `of a worker with these settings may only name ${allowed}`);
}
