/** `cos-originals policy`: what the credentials of a configuration must be allowed to do. Asks nobody. */
import type { Command } from "commander";
import type { Settings } from "../../config/read.ts";
import { camPolicy } from "../../run/inspect/cam-policy.ts";
import { archivePlace, ledgerPlace, manifestObject, sourcePlace } from "../settings/places.ts";
import { settingsOfBeginning, settingsOfRequest, settingsOfWork } from "./input/run-input.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describePolicy(command: Command): void {
  addFlags(
    command.addHelpText(
      "after",
      `
The flags are those of run. The policy is for the credentials that run and work have; status, report, redrive, cancel,
resume and verify need no more. An archive whose credentials are others takes the statements about its own bucket. What a
queue needs is its own service's matter.

Exit codes: 0 printed, 2 usage.

Example:
  cos-originals policy --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --list > policy.json`,
    ),
    // Those of work say nothing here; but the flags of a run can be given as they are.
    [...settingsOfRequest, ...settingsOfBeginning, ...settingsOfWork],
  );
}

export async function policyCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const [archive, ledger] = [archivePlace(settings), ledgerPlace(settings)];
  const restores = settings.values.archivedClass === "restore";
  const policy = camPolicy({
    source: sourcePlace(settings),
    archive,
    ledger,
    manifest: manifestOf(settings),
    restores,
  });
  // JSON has line ends between its values only.
  terminal.out(flags.json === true ? JSON.stringify(policy) : JSON.stringify(policy, undefined, 2).split("\n"));
  terminal.note(
    "Bind the image service (Cloud Infinite) to the source bucket beforehand: that takes more than this policy allows.",
  );
  if (archive.store === "s3" || ledger.store === "s3") {
    terminal.note(
      "Of S3 a run needs s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on what lies below archive and ledger, and s3:ListBucket on their buckets.",
    );
  }
  return exitCodes.done;
}

/** Whether it is an inventory is told without a look at it: by --format, or by the name that inventories have. */
function manifestOf(settings: Settings) {
  const manifest = manifestObject(settings);
  if (manifest === undefined) return undefined;
  const { format } = settings.values;
  const named = /(^|\/)manifest\.json$/.test(manifest.key);
  return { ...manifest, isInventory: format === undefined ? named : format.endsWith("-inventory") };
}
