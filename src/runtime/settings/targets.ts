/** Where `--events` and `--notify` of a command line go: could anything be sent there, and who is told that a run was refused. */
import type { Settings } from "../../config/read.ts";
import { flagOf } from "../../config/settings.ts";
import type { Environment } from "../../credentials/credentials.ts";
import { refusedEvent } from "../../events/ended-event.ts";
import { checkSink } from "../../events/open-sink.ts";
import { httpOf } from "../../http/of-environment.ts";
import { targetRoles } from "../../policy/event-target.ts";
import type { Place } from "../../run/messages/messages.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { ensureError, RefusedError, UserError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { isNewerThanTool } from "../../vocabulary/newer.ts";
import { ledgerPlace } from "./places.ts";
import { runIdOf } from "./run-input.ts";

/** Before anything is paid for. Errors: UserError `InvalidSetting`, `InvalidQueue`, `PlainHttp`; `MissingSetting` where webhooks could not be signed. */
export async function checkTargets(
  settings: Settings,
  log: Log,
  environment: Environment = process.env,
): Promise<void> {
  for (const role of targetRoles) {
    const target = settings.values[role];
    if (target !== undefined) await checkTarget(target, settings, log, flagOf(role), environment);
  }
}

/** The same of one. @param setting what names it, for messages */
export async function checkTarget(
  target: string,
  { values: { allowHttp } }: Settings,
  log: Log,
  setting = flagOf("events"),
  environment: Environment = process.env,
): Promise<void> {
  const world = { environment, createHttp: httpOf(environment), clock: systemClock, random: Math.random };
  await checkSink(target, { ...world, allowHttp, log, setting });
}

/** A run that was asked for here did not begin: told where --notify says, as a run's end would be. What may pass, or is no refusal, is not told. */
export async function tellRunRefused(thrown: unknown, settings: Settings, surroundings: Surroundings): Promise<void> {
  const { notify, resume } = settings.values;
  const error = ensureError(thrown);
  if (notify === undefined || !(error instanceof UserError || error instanceof RefusedError)) return;
  if (isNewerThanTool(error)) return;
  const at = new Date(surroundings.clock.now()).toISOString();
  const run = resume ?? runIdOf(settings, surroundings);
  const refused = { run, code: error.code, message: error.message, at, asked: at };
  const ledger = ledgerOf(settings);
  if (ledger !== undefined) await surroundings.openSink?.("notify", notify).deliver([refusedEvent(ledger, refused)]);
}

/** Undefined where it is that which is missing, or wrong: then a person types. */
function ledgerOf(settings: Settings): Place | undefined {
  try {
    return ledgerPlace(settings);
  } catch {
    return undefined;
  }
}
