/** `cos-originals policy`: what the credentials of a configuration must be allowed to do. Asks nobody. */
import { type Command, Option } from "commander";
import type { Settings } from "../../config/read.ts";
import { secretVariable } from "../../events/webhook-signature.ts";
import { readOrigin } from "../../policy/credentials/origin.ts";
import { camPolicy } from "../../run/allowed/cam-policy.ts";
import { type IamPolicy, iamPolicy } from "../../run/allowed/iam-policy.ts";
import { lambdaPolicy } from "../../run/allowed/lambda-policy.ts";
import {
  type Need,
  needsOfCheck,
  needsOfDoctor,
  needsOfProbe,
  needsOfProtection,
  needsOfRestore,
  needsOfRun,
  needsOfVerify,
  type Purpose,
  purposes,
  type StoredManifest,
} from "../../run/allowed/needs-of.ts";
import type { Place } from "../../run/messages/messages.ts";
import { lifecyclesOf } from "../../run/places/lifecycle.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import {
  archivePlace,
  destinationPlace,
  historyOf,
  ledgerPlace,
  manifestObject,
  sourcePlace,
} from "../settings/places.ts";
import { settingsOfBeginning, settingsOfRequest, settingsOfWork } from "../settings/run-input.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import { keepDaysFlag, keptOf, lifecycleNotes, lifecyclesDocument, lifecyclesText } from "./terminal/lifecycle-text.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describePolicy(command: Command): void {
  addFlags(
    command
      .addOption(oneOf("--for <PURPOSE>", "what the credentials are for", purposes))
      .option("--to <ADDRESS>", "with --for restore: where the keys go")
      .option("--at <TIME>", "with --for restore: as restore is to be asked, as of a time")
      .option("--deep", "with --for verify: as verify is to be asked, with its --deep")
      .option("--probe", "with --for doctor: as doctor is to be asked, with its --probe")
      .addOption(
        oneOf("--store <STORE>", "whose policy: CAM's, or IAM's of an archive or a ledger in S3", ["cos", "s3"]),
      )
      .option("--lifecycle", "print lifecycle rules for old runs and the history instead")
      .option(...keepDaysFlag)
      .addHelpText(
        "after",
        `
The flags are those of run. The policy is for the credentials that run and work have; status, report, redrive, cancel,
resume and verify need no more, but for verify --deep, which reads the archive. With --for it is another command's; that of
restore takes its --to, and its --at where that is to be asked, that of verify its --deep. An archive whose credentials are others takes the statements about its own bucket. What lies in S3 is allowed by a policy of
its own: --store s3. With --for lambda it is that of the function's role on AWS: its --queue, dead letters and named secrets, and what lies in S3; what the
function does in COS its keys must be allowed, by the policy without --for. What another queue needs is its own service's matter.

Exit codes: 0 printed, 2 usage.

Example:
  cos-originals policy --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --list > policy.json
  cos-originals policy --lifecycle --archive cos://archive-1250000000/photos/ --history history/ \\
    --region ap-guangzhou > lifecycle.xml`,
      ),
    // Those of work say nothing here; but the flags of a run can be given as they are.
    [...settingsOfRequest, ...settingsOfBeginning, ...settingsOfWork, "queue", "deadLetterQueue"],
  );
}

/** The first is the default. What is none of them is answered here, not by commander: its sentence would not say what to do. */
function oneOf(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, description).default(words[0]);
  option.argChoices = [...words];
  return option;
}

export async function policyCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const store = storeSaid(flags);
  if (flags.lifecycle === true) {
    const places = { archive: archivePlace(settings), ledger: ledgerPlace(settings), history: historyOf(settings) };
    return printLifecycle(flags, terminal, places, store);
  }
  const purpose = purposeSaid(flags);
  const needs = needsOf(purpose, settings, flags);
  // JSON has line ends between its values only.
  const print = (policy: object) =>
    terminal.out(flags.json === true ? JSON.stringify(policy) : JSON.stringify(policy, undefined, 2).split("\n"));
  if (purpose === "lambda") {
    print(lambdaPolicy({ ...ofFunction(settings), needs }));
    terminal.note(NOTES_OF_LAMBDA);
    return exitCodes.done;
  }
  const inS3 = iamPolicy(needs);
  const policy = store === "s3" ? there(inS3) : camPolicy(needs);
  print(policy);
  if (store === "s3") {
    terminal.note(
      "Under --encryption aws:kms the key's own policy has to allow kms:GenerateDataKey and kms:Decrypt besides.",
    );
    return exitCodes.done;
  }
  if (!["verify", "check", "restore"].includes(purpose)) {
    terminal.note(
      "Bind the image service (Cloud Infinite) to the source bucket beforehand: that takes more than this policy allows.",
    );
  }
  if (inS3 !== undefined)
    terminal.note("What lies in S3 has a policy of its own: the same command with --store s3 prints it.");
  return exitCodes.done;
}

const NOTES_OF_LAMBDA =
  "The policy AWSLambdaBasicExecutionRole, which lets a function write its log, belongs to the role besides; a secret or an archive under a KMS key of your own takes kms:Decrypt on that, such an archive kms:GenerateDataKey too.";

function ofFunction({ values }: Settings) {
  const { queue, deadLetterQueue, credentialsFrom, archiveCredentialsFrom, events, notify } = values;
  if (queue === undefined || queue.startsWith("memory:")) {
    throw new UserError(
      "MissingSetting",
      "Which queue the function works is missing; say it with --queue sqs:https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, or sqs:NAME.",
    );
  }
  const named = [credentialsFrom, archiveCredentialsFrom, process.env[secretVariable]?.trim()];
  const secrets = named.flatMap((text) => {
    const origin = readOrigin(text ?? "");
    return "kind" in origin && (origin.kind === "ssm" || origin.kind === "secretsmanager") ? [origin] : [];
  });
  return { queue, deadLetterQueue, secrets, targets: [events, notify].flatMap((target) => target ?? []) };
}

function needsOf(purpose: Purpose, settings: Settings, { to, at, deep, probe }: Flags): readonly Need[] {
  const ofOthers = [
    { flag: "--to", is: to !== undefined, of: "restore" },
    { flag: "--at", is: at !== undefined, of: "restore" },
    { flag: "--deep", is: deep === true, of: "verify" },
    { flag: "--probe", is: probe === true, of: "doctor" },
  ];
  for (const { flag, is, of } of ofOthers) {
    if (!is || purpose === of) continue;
    throw new UserError("InvalidSetting", `${flag} says nothing with --for ${purpose}; it is a flag of --for ${of}.`);
  }
  if (purpose === "protection") return needsOfProtection(sourcePlace(settings));
  const archive = archivePlace(settings);
  if (purpose === "check") return needsOfCheck({ source: sourcePlace(settings), archive });
  const places = {
    archive,
    ledger: ledgerPlace(settings),
    restores: settings.values.archivedClass === "restore",
    history: historyOf(settings),
  };
  const except = manifestOf(settings, "except");
  if (purpose === "verify") return needsOfVerify({ ...places, except, deep: deep === true });
  if (purpose === "restore") {
    if (typeof to !== "string") {
      throw new UserError("MissingSetting", "Where the keys go is missing; say it with --to cos://… as to restore.");
    }
    const there = destinationPlace(settings, to, "--to");
    return needsOfRestore({ ...places, to: there, asOfTime: at !== undefined, manifest: manifestOf(settings) });
  }
  const source = sourcePlace(settings);
  if (purpose === "doctor" && probe === true) return needsOfProbe({ source, ...places });
  if (purpose === "doctor") return needsOfDoctor({ source, ...places });
  return needsOfRun({ source, ...places, manifest: manifestOf(settings), except });
}

function purposeSaid({ for: said }: Flags): Purpose {
  const purpose = purposes.find((each) => each === said);
  if (purpose !== undefined) return purpose;
  throw new UserError(
    "InvalidSetting",
    `--for is ${quote(said)}, and policies are for ${purposes.join(", ")}; say one of them.`,
  );
}

function printLifecycle(
  flags: Flags,
  terminal: Terminal,
  places: { readonly archive: Place; readonly ledger: Place; readonly history: string | undefined },
  store: "cos" | "s3",
): ExitCode {
  const kept = keptOf(flags.keepDays);
  const lifecycles = lifecyclesOf(places, kept).filter(({ bucket }) => (bucket.store ?? "cos") === store);
  if (lifecycles.length === 0) {
    const name = store === "s3" ? "S3" : "COS";
    throw new UserError(
      "InvalidSetting",
      `Neither the ledger nor a history is in ${name}, so there are no lifecycle rules of ${name} to print; say the other --store, and in a folder remove what is old yourself.`,
    );
  }
  terminal.out(flags.json === true ? JSON.stringify(lifecyclesDocument(lifecycles, kept)) : lifecyclesText(lifecycles));
  for (const note of lifecycleNotes(lifecycles, kept)) terminal.note(note);
  return exitCodes.done;
}

function storeSaid({ store }: Flags): "cos" | "s3" {
  if (store === "cos" || store === "s3") return store;
  throw new UserError(
    "InvalidSetting",
    `--store is ${quote(store)}, and policies are those of cos or s3; say one of them.`,
  );
}

function there(policy: IamPolicy | undefined): IamPolicy {
  if (policy !== undefined) return policy;
  throw new UserError(
    "InvalidSetting",
    "Neither the archive nor the ledger is in S3, nor anything else that this is about, so there is no policy of S3 to print; leave out --store s3.",
  );
}

/** Whether it is an inventory is told without a look at it: by --format, or by the name that inventories have. */
function manifestOf(settings: Settings, name: "manifest" | "except" = "manifest"): StoredManifest | undefined {
  const manifest = manifestObject(settings, name);
  if (manifest === undefined) return undefined;
  // Of exceptions the name alone tells it.
  const format = name === "manifest" ? settings.values.format : undefined;
  const named = /(^|\/)manifest\.json$/.test(manifest.key);
  return { ...manifest, isInventory: format === undefined ? named : format.endsWith("-inventory") };
}
