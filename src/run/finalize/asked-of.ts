/** What was asked of a run, and who says so, as its report has it. */
import { kebab } from "../../config/settings.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { type RunOptions, runOptionsSchema } from "../../ledger/plan/run-options.ts";
import { runPrefix } from "../../ledger/runs.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { targetName } from "../../policy/event-target.ts";
import type { Summary } from "../../report/summary.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { toolVersion } from "../../vocabulary/version.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export function askedOf(ledger: LedgerStore, { run, source, archive, options, tool }: RunRequest): Summary["asked"] {
  const whole = ledger.describe("");
  const below = runPrefix("", run);
  const { region } = ledger;
  return {
    source: printAddress(source),
    archive: printAddress(archive),
    ledger: whole.endsWith(below) ? whole.slice(0, -below.length) : whole,
    ...(region === undefined ? {} : { region }),
    options: optionsAsked(options),
    tool,
  };
}

/** Who writes a report. */
export const writerOf = ({ worker }: Partial<Pick<Surroundings, "worker">>): Summary["writtenBy"] => ({
  tool: toolVersion,
  ...(worker?.host === undefined ? {} : { host: worker.host }),
});

/** As flags say them, of those that are not as they are without any. */
function optionsAsked(options: RunOptions): Readonly<Record<string, string>> {
  const usual: Readonly<Record<string, unknown>> = runOptionsSchema.parse({});
  const asked: [string, string][] = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === usual[name]) continue;
    asked.push([kebab(name), textOf(name, value)]);
  }
  return Object.fromEntries(asked);
}

function textOf(name: string, value: unknown): string {
  // What stands behind a webhook's host may be as good as a password.
  if (name === "events" || name === "notify") return targetName(String(value));
  if (value === true) return "";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
