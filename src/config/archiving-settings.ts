/** How an original is archived, and what is asked of its proof. */
import {
  archivedClassChoices,
  encryptions,
  expectations,
  ifChangedChoices,
  ifExistsChoices,
  proofFloors,
  restoreTiers,
  storageClasses,
} from "../vocabulary/choices.ts";
import { mostRestoreDays } from "../vocabulary/limits.ts";
import { choice, type Setting, setting } from "./setting.ts";
import * as values from "./values.ts";

export const archivingSettings = {
  shardSize: setting(values.count(1, 10_000), {
    group: "how",
    placeholder: "N",
    description: "rows a shard, the unit of delivery",
    example: "1000",
    default: "1000",
  }),
  archiveKey: setting(values.archiveKey, {
    group: "how",
    placeholder: "TEMPLATE",
    description: "archive key of an original, after the prefix of --archive",
    example: "{key}",
    default: "{key}",
  }),
  ifExists: setting(values.oneOf(ifExistsChoices), {
    group: "how",
    placeholder: "WHAT",
    description: `where the archive key exists: ${choice(ifExistsChoices)}; skip asks whether it is this original, keep does not`,
    example: "skip",
    default: "skip",
  }),
  ifChanged: setting(values.oneOf(ifChangedChoices), {
    group: "how",
    placeholder: "WHAT",
    description: `where an original changed after the manifest was made: ${choice(ifChangedChoices)}`,
    example: "archive",
    default: "archive",
  }),
  archivedClass: setting(values.oneOf(archivedClassChoices), {
    group: "how",
    placeholder: "WHAT",
    description: `what becomes of originals in an archive class that are not restored: ${choice(archivedClassChoices)}`,
    example: "skip",
    default: "fail",
  }),
  restoreTier: setting(values.oneOf(restoreTiers), {
    group: "how",
    placeholder: "TIER",
    description: `with --archived-class restore, how fast and at which price: ${choice(restoreTiers)}`,
    example: "Bulk",
    default: "Standard",
    onlyWith: ["archivedClass", "restore"],
  }),
  restoreDays: setting(values.count(1, mostRestoreDays), {
    group: "how",
    placeholder: "DAYS",
    description: "with --archived-class restore, how long the restored copies are kept",
    example: "3",
    default: "3",
    onlyWith: ["archivedClass", "restore"],
  }),
  history: setting(values.history, {
    group: "how",
    placeholder: "PREFIX",
    description:
      "copy what a run would replace in the archive out of the way first, to this folder of keys in the archive's bucket; only then it is replaced",
    example: "history/",
  }),
  storageClass: setting(values.oneOf(storageClasses), {
    group: "how",
    placeholder: "CLASS",
    description: `storage class of what is archived: ${choice(storageClasses)}`,
    example: "STANDARD_IA",
  }),
  encryption: setting(values.oneOf(encryptions), {
    group: "how",
    placeholder: "HOW",
    description: `server-side encryption of what is archived: ${choice(encryptions)}`,
    example: "AES256",
  }),
  maxFailures: setting(values.maxFailures, {
    group: "how",
    placeholder: "N|P%",
    description: "failed rows beyond which the run halts",
    example: "5%",
  }),
  proof: setting(values.oneOf(proofFloors), {
    group: "how",
    placeholder: "PROOF",
    description: `the weakest proof of identity that will do: ${choice(proofFloors)}`,
    example: "auto",
    default: "auto",
  }),
  expect: setting(values.oneOf(expectations), {
    group: "how",
    placeholder: "WHENCE",
    description: `whence it is known what an original is: ${choice(expectations)}; get trusts the fetch's own headers`,
    example: "auto",
    default: "auto",
  }),
  findings: setting(values.file, {
    group: "how",
    placeholder: "FILE",
    description: "what doctor --probe --json found out about the source",
    example: "findings.json",
  }),
  maxAttempts: setting(values.count(1, 100), {
    group: "how",
    placeholder: "N",
    description: "tries of one original over the whole run",
    example: "5",
    default: "5",
  }),
} as const satisfies Record<string, Setting<unknown>>;
