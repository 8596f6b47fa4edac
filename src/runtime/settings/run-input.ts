/** What the settings of `run`, `plan` and `submit` ask: which rows, from where, to where, how. */

import { idleSettings, type Settings } from "../../config/read.ts";
import type { SettingName } from "../../config/settings.ts";
import { checkPlacesApart } from "../../run/places/places-apart.ts";
import type { RunInput } from "../../run/plan/begin-run.ts";
import { newRequest } from "../../run/plan/new-request.ts";
import { type Naming, type NextRun, nextRun } from "../../run/plan/next-run.ts";
import { rowsOf } from "../../run/plan/rows.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { datedRunId } from "../../vocabulary/names.ts";
import { openExcept, openManifest, type PipedRows } from "./manifest-input.ts";
import { runOptionsOf } from "./manifest-message.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "./places.ts";

/** Settings that say which of the rows are in scope. */
export const settingsOfScope = [
  "include",
  "exclude",
  "filter",
  "newerThan",
  "minSize",
  "maxSize",
  "except",
  "limit",
] as const satisfies readonly SettingName[];

/** Settings that say what is archived, and how; with the ledger, what makes a run. */
export const settingsOfRequest: readonly SettingName[] = [
  "source",
  "archive",
  "manifest",
  "list",
  "minRows",
  "run",
  "ledger",
  "region",
  "sourceRegion",
  "archiveRegion",
  "manifestRegion",
  "format",
  "keyEncoding",
  "archiveKey",
  "ifExists",
  "ifChanged",
  "archivedClass",
  "restoreTier",
  "restoreDays",
  "proof",
  "expect",
  "history",
  "storageClass",
  "encryption",
  "maxAttempts",
  "maxFailures",
  "shardSize",
  "csvSafe",
  "events",
  "notify",
  ...settingsOfScope,
  "maxCost",
  "maxBytes",
];

/** Settings that say whether a run is begun; a run that is begun does not remember them. */
export const settingsOfBeginning: readonly SettingName[] = ["again", "beside"];

/** Settings that say what it costs. */
export const settingsOfPrices = [
  "priceCurrency",
  "priceProcessing",
  "freeProcessing",
  "priceRequests",
  "priceRestoreRequests",
  "priceRestoreArchive",
  "priceRestoreDeepArchive",
  "priceTraffic",
] as const satisfies readonly SettingName[];

/** Settings that say how this process works and whom it dials. */
/** Settings that say who signs. */
export const settingsOfSigning: readonly SettingName[] = ["credentialsFrom", "archiveCredentialsFrom"];
export const settingsOfWork: readonly SettingName[] = [
  "concurrency",
  "rate",
  "bwlimit",
  "maxInstances",
  "endpoint",
  "sourceEndpoint",
  "archiveEndpoint",
  ...settingsOfSigning,
  "allowHttp",
  "findings",
  "lang",
];

export interface KeptRunInput {
  readonly input: RunInput;
  /** The run of the same ask that was over before, where this one is begun after it. */
  readonly after?: NextRun["after"];
  /** Removes what was kept of standard input. */
  dispose(): Promise<void>;
}

/** Exactly one way to say what to archive. `or` completes the sentence for a command that knows a further way. */
export function checkRowsGiven(settings: Settings, or = ""): void {
  const { values, said } = settings;
  if (values.manifest === undefined && !values.list) {
    throw new UserError(
      "MissingSetting",
      `What to archive is missing; say it with --manifest FILE${or === "" ? " or" : ","} with --list${or}.`,
    );
  }
  if (values.manifest !== undefined && values.list) {
    throw new UserError(
      "InvalidSetting",
      `${said("manifest")} and ${said("list")} are both given; a run archives one or the other.`,
    );
  }
}

/** A listing that is to be archived needs a name. */
export function checkListingNamed({ values }: Settings): void {
  if (!values.list || values.run !== undefined) return;
  throw new UserError(
    "MissingSetting",
    "A listing has nothing to derive a run id from, and needs --run: otherwise tonight's run would be taken for last night's; --run 'nightly-{date}' would do.",
  );
}

/** The id that `--run` gives, its date and time filled in; undefined where it is derived from what is asked. */
export function runIdOf({ values }: Settings, { clock }: Pick<Surroundings, "clock">): string | undefined {
  return values.run === undefined ? undefined : datedRunId(values.run, clock.now());
}

/** A run that somebody named is never begun anew under that name. */
function namingOf({ values, said }: Settings): Naming {
  if (values.run === undefined) return { kind: "derived", again: values.again ?? false };
  if (!values.again) return { kind: "given" };
  throw new UserError(
    "InvalidSetting",
    `${said("again")} begins a run anew that is named by what is asked, and ${said("run")} names one; give another id instead.`,
  );
}

/** @param begins is the run to be begun, or gone on with? Then it is looked for in the ledger first (next-run.ts). */
export async function runInputFromSettings(
  settings: Settings,
  surroundings: Surroundings,
  piped: PipedRows,
  signal: AbortSignal,
  begins: boolean,
): Promise<KeptRunInput> {
  const naming = namingOf(settings);
  const ledger = ledgerPlace(settings);
  const source = sourcePlace(settings);
  const archive = archivePlace(settings);
  const options = runOptionsOf(settings);
  for (const sentence of idleSettings(settings)) surroundings.log.warn(sentence);
  checkPlacesApart({ source, archive, ledger, options });
  const manifest = settings.values.list
    ? { source: { kind: "listing", prefix: source.prefix } as const, rows: undefined, dispose: async () => undefined }
    : await openManifest(settings, surroundings, piped, signal);
  const dispose = async () => void (await manifest.dispose());
  try {
    const out = await openExcept(settings, surroundings, signal);
    const except = out === undefined ? undefined : { except: out.source };
    const description = { source, archive, rows: manifest.source, ...except, options };
    const asked = newRequest(description, runIdOf(settings, surroundings), surroundings);
    const { request, after, before }: Partial<NextRun> & Pick<NextRun, "request"> = begins
      ? await nextRun(ledger, asked, naming, surroundings)
      : { request: asked };
    const rows = () => manifest.rows?.(source.bucket) ?? rowsOf(request, surroundings, { ledger });
    const { minRows, beside } = settings.values;
    const exceptOfFile = out?.rows;
    const leftOut = exceptOfFile === undefined ? undefined : { except: () => exceptOfFile(source.bucket) };
    return { input: { ledger, request, rows, ...leftOut, leastRows: minRows, beside, before }, after, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
