/** What the commands about a run that exists have in common: its id, its ledger, and their surroundings. */

import type { Settings } from "../../../config/read.ts";
import { flagOf, type SettingName } from "../../../config/settings.ts";
import { readRequest } from "../../../ledger/plan/request.ts";
import { type Place, runIdSchema } from "../../../run/messages/messages.ts";
import { preflightLedger } from "../../../run/plan/preflight.ts";
import { openLedger } from "../../../run/surroundings/open-ledger.ts";
import type { Surroundings } from "../../../run/surroundings/surroundings.ts";
import { turned } from "../../../run/surroundings/turned.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { ledgerPlace } from "../../settings/places.ts";
import { settingsOfSigning } from "../../settings/run-input.ts";
import { type OpenedSurroundings, surroundingsFromSettings } from "../../settings/surroundings-from-settings.ts";
import type { ExitCode } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { commandWorld } from "./command-world.ts";
import { type Flags, settingsFromFlags } from "./setting-flags.ts";

/** Settings that find a ledger and reach it. */
export const settingsOfLedger: readonly SettingName[] = [
  "ledger",
  "archive",
  "region",
  "archiveRegion",
  "endpoint",
  "archiveEndpoint",
  ...settingsOfSigning,
  "allowHttp",
];

export interface OpenedLedger {
  readonly place: Place;
  readonly settings: Settings;
  readonly surroundings: OpenedSurroundings;
  readonly json: boolean;
}

export interface RecordedRun extends OpenedLedger {
  readonly id: string;
}

/** Errors: UserError `InvalidRunId`, `MissingSetting`, `NoSuchBucket`; RefusedError. */
export async function withRecordedRun(
  flags: Flags,
  terminal: Terminal,
  args: readonly string[],
  command: (run: RecordedRun) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withRunBySettings(await settingsFromFlags(flags, terminal), flags, terminal, args, command);
}

/** The same, for a command that has read its settings. */
export async function withRunBySettings(
  settings: Settings,
  flags: Flags,
  terminal: Terminal,
  args: readonly string[],
  command: (run: RecordedRun) => Promise<ExitCode>,
): Promise<ExitCode> {
  const id = runIdSchema.safeParse(args[0]);
  if (!id.success) {
    throw new UserError("InvalidRunId", `RUN ${quote(args[0])} ${id.error.issues[0]?.message ?? "is not a run id"}.`);
  }
  return withLedger(settings, flags, terminal, (ledger) => command({ ...ledger, id: id.data }));
}

/**
 * Opens buckets as the run had them: one that brings keys back reads the archive, and writes into what originals come from. Of a run that is
 * not there, or can't be read, the command says so.
 */
export async function surroundingsOfRun({
  place,
  id,
  surroundings,
}: Pick<RecordedRun, "place" | "id" | "surroundings">): Promise<{
  readonly surroundings: Surroundings;
  readonly isBack: boolean;
}> {
  const request = await readRequest(openLedger(place, id, surroundings)).catch(() => undefined);
  const isBack = request?.options.fromArchive !== undefined;
  return { surroundings: isBack ? turned(surroundings) : surroundings, isBack };
}

/** Errors: UserError `MissingSetting`, `NoSuchBucket`; RefusedError. */
export async function withLedger(
  settings: Settings,
  flags: Flags,
  terminal: Terminal,
  command: (ledger: OpenedLedger) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (settings.values.ledger === undefined && settings.values.archive === undefined) {
    throw new UserError(
      "MissingSetting",
      `Where the run is recorded is missing; say it with ${flagOf("ledger")} cos://…, or with the ${flagOf("archive")} cos://… that the run had.`,
    );
  }
  const place = ledgerPlace(settings);
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  try {
    await preflightLedger(place, surroundings);
    return await command({ place, settings, surroundings, json: flags.json === true });
  } finally {
    terminal.status("");
    await surroundings.close();
  }
}
