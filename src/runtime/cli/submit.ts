/** `cos-originals submit`: hand a run to a queue, whose workers archive it. */

import type { Command } from "commander";
import type { Settings } from "../../config/read.ts";
import type { Place } from "../../run/messages/messages.ts";
import { queueSender } from "../../run/messages/queue-sender.ts";
import type { RunInput } from "../../run/plan/begin-run.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { type Submitted, submitRun } from "../../run/work/submit.ts";
import { counted } from "../../vocabulary/counted.ts";
import { standardInput } from "../settings/manifest-input.ts";
import {
  checkListingNamed,
  checkRowsGiven,
  runInputFromSettings,
  settingsOfBeginning,
  settingsOfRequest,
  settingsOfSigning,
} from "../settings/run-input.ts";
import { surroundingsFromSettings } from "../settings/surroundings-from-settings.ts";
import { tellRunRefused } from "../settings/targets.ts";
import { commandWorld } from "./input/command-world.ts";
import { ledgerFlags } from "./input/ledger-flags.ts";
import { openQueue, withQueue } from "./input/queue-of-settings.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { noteAfter } from "./run-to-end.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import { onInterrupt } from "./terminal/interrupt.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describeSubmit(command: Command): void {
  addFlags(
    command.option("--dry-run", "say what it would come to, as plan does, and send nothing").addHelpText(
      "after",
      `
The flags are those of run. A local manifest is planned here; one in a bucket, or a listing, by the first worker that is free.
The same command again sends nothing twice that is not needed, and begins anew, or refuses, what is over, as run does.

Exit codes: 0 sent (or complete already), 2 usage, 6 credentials refused.

Example:
  cos-originals submit --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --manifest keys.csv --queue sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals`,
    ),
    [
      "queue",
      ...settingsOfRequest,
      ...settingsOfBeginning,
      "endpoint",
      "sourceEndpoint",
      "archiveEndpoint",
      ...settingsOfSigning,
      "allowHttp",
    ],
  );
}

export async function submitCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  if (flags.dryRun === true) {
    const { planCommand } = await import("./plan.ts");
    return planCommand(flags, terminal);
  }
  const settings = await settingsFromFlags(flags, terminal);
  checkRowsGiven(settings);
  checkListingNamed(settings);
  openQueue(settings, terminal.log).client.destroy();
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  const interrupt = onInterrupt(terminal, "Stopping once this step is done; once more stops at once.");
  let dispose = async (): Promise<void> => undefined;
  try {
    const kept = await runInputFromSettings(settings, surroundings, standardInput(), interrupt.signal, true);
    dispose = kept.dispose;
    noteAfter(kept, terminal);
    return await submitAndTell(kept.input, settings, surroundings, flags.json === true, terminal);
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof Error && error.name === "AbortError") return exitCodes.interrupted;
    await tellRunRefused(error, settings, surroundings);
    throw error;
  } finally {
    interrupt.dispose();
    await dispose();
    await surroundings.close();
  }
}

/** Sends a run to the queue of the settings, and says what came of it. */
export async function submitAndTell(
  input: RunInput,
  settings: Settings,
  surroundings: Surroundings,
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const queue = openQueue(settings, terminal.log);
  const sender = queueSender(queue.client, queue.queueUrl, surroundings);
  const submitted = await withQueue(settings, queue, () => submitRun(input, surroundings, sender));
  const { run } = input.request;
  if (json) terminal.out(JSON.stringify(documentOf(submitted, run, input.ledger)));
  else {
    terminal.out(textOf(submitted, run));
    if (submitted.kind !== "complete") {
      terminal.note(`Watch it with: cos-originals status ${run} --watch ${ledgerFlags(input.ledger)}`);
    }
  }
  return exitCodes.done;
}

function textOf(submitted: Submitted, run: string): string {
  switch (submitted.kind) {
    case "sent":
      return `run ${run} is submitted: ${counted(submitted.rows, "row")} in ${counted(submitted.shards, "shard")}`;
    case "asked":
      return `run ${run} is submitted: a worker plans it`;
    case "complete":
      return `run ${run} is complete already: nothing was sent`;
  }
}

function documentOf(submitted: Submitted, run: string, ledger: Place) {
  const planned =
    submitted.kind === "sent" ? { rows: submitted.rows, shards: submitted.shards } : { rows: null, shards: null };
  return { schema: "cos-originals/submit@1", run, state: submitted.kind, ...planned, ledger };
}
