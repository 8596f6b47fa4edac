/** How a run archives its rows: what its request says of each of them. */
import * as z from "zod";
import { isTarget } from "../../policy/event-target.ts";
import { filterFault, mostRules } from "../../policy/scope/filter.ts";
import { parseSince } from "../../policy/scope/quantities.ts";
import {
  archivedClassChoices,
  encryptions,
  expectations,
  ifChangedChoices,
  ifExistsChoices,
  maxFailuresPattern,
  proofFloors,
  type RestoreTier,
  restoreTiers,
  storageClasses,
} from "../../vocabulary/choices.ts";
import { mostRestoreDays } from "../../vocabulary/limits.ts";
import { isHistory } from "../../vocabulary/names.ts";

const target = z.string().refine(isTarget, "is none of https://HOST/PATH, sqs:URL and tdmq:URL");

/** How the rows of a run are archived: asked with the run, kept in its ledger, the same for every worker. */
export const runOptionsSchema = z.strictObject({
  /** Template of the archive key: `{key}`, `{dir}`, `{name}`, `{stem}`, `{ext}`, `{versionId}`, `{run}`. */
  archiveKey: z.string().min(1).max(850).default("{key}"),
  /** The weakest proof that will do. */
  proof: z.enum(proofFloors).default("auto"),
  /** `get` trusts the GET's own headers to say what the original is. */
  expect: z.enum(expectations).default("auto"),
  ifExists: z.enum(ifExistsChoices).default("skip"),
  ifChanged: z.enum(ifChangedChoices).default("archive"),
  /** Originals in an archive class that are not restored; absent: `fail`. */
  archivedClass: z.enum(archivedClassChoices).optional(),
  /** Where they are restored: how fast, and for how many days. */
  restoreTier: z.enum(restoreTiers).optional(),
  restoreDays: z.int().min(1).max(mostRestoreDays).optional(),
  /**
   * Where what a run replaces in the archive is copied first: what keys of the archive's bucket begin with there, a folder. Absent: nowhere.
   */
  history: z.string().refine(isHistory, "is no folder of keys, like history/").optional(),
  /**
   * The run brings keys back from an archive, its source, by plain GETs: as of when, told by which folder of replaced objects, and which keys.
   * Absent: it archives originals.
   */
  fromArchive: z
    .strictObject({
      at: z.string().optional(),
      history: z.string().optional(),
      prefix: z.string().optional(),
    })
    .optional(),
  storageClass: z.enum(storageClasses).optional(),
  /** Server-side encryption of the archived objects. */
  encryption: z.enum(encryptions).optional(),
  /** Tries of one row over the whole run. */
  maxAttempts: z.int().min(1).max(100).default(5),
  /** Failed rows, as a number or a percentage, beyond which the run halts. */
  maxFailures: z.string().regex(maxFailuresPattern, "is neither a number of rows nor a percentage like 5%").optional(),
  /** What the run may cost, in the currency of its prices, and how much it may fetch, bytes: then it halts. */
  maxCost: z.number().positive().max(1_000_000).optional(),
  maxBytes: z.int().min(1).optional(),
  /** In the results no cell is a formula to a spreadsheet. */
  csvSafe: z.boolean().optional(),
  /** Where each archived object is told of, and where that the run ended: a webhook or a queue (policy/event-target.ts). */
  events: target.optional(),
  notify: target.optional(),
  /** Which keys are in scope: `+ GLOB` and `- GLOB`, of which the first that matches decides (policy/scope/filter.ts). */
  filter: z
    .array(z.string())
    .min(1)
    .max(mostRules)
    .superRefine((rules, context) => {
      const fault = filterFault(rules);
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
    })
    .optional(),
  /** Only originals modified since: an age before the run was asked for (`2d`), or a time. */
  newerThan: z
    .string()
    .refine((text) => parseSince(text, 0) !== undefined, "is neither an age like 2d nor a time with its zone")
    .optional(),
  /** Only originals of so many bytes, both included. */
  minSize: z.int().min(0).optional(),
  maxSize: z.int().min(0).optional(),
  /** Rows to work, at most: planning stops there. */
  limit: z.int().min(1).optional(),
  /** Rows a shard. */
  shardSize: z.int().min(1).max(10_000).default(1000),
});
/** How the rows of a run are archived, every choice made. */
export type RunOptions = z.output<typeof runOptionsSchema>;

/** A restored copy that is kept for so long outlives the longest restore and a weekend. */
export const defaultRestoreDays = 3;

/** How originals in an archive class are restored; undefined where they are not. */
export function restoreOf({
  archivedClass,
  restoreTier,
  restoreDays,
}: Pick<RunOptions, "archivedClass" | "restoreTier" | "restoreDays">):
  | { readonly tier: RestoreTier; readonly days: number }
  | undefined {
  if (archivedClass !== "restore") return undefined;
  return { tier: restoreTier ?? "Standard", days: restoreDays ?? defaultRestoreDays };
}
