/** `cos-originals protection`: is Original Image Protection on, and turning it on and off. */

import type { Command } from "commander";
import { type OriginProtect, protectableSuffixes } from "../../../cos/origin-protect.ts";
import type { Bucket } from "../../../objects/bucket.ts";
import { isBucketError } from "../../../objects/error.ts";
import { withRetries } from "../../../objects/retrying.ts";
import type { Certificate } from "../../../report/certificate.ts";
import { checkStillHolds } from "../../../run/check/still-holds.ts";
import type { Place } from "../../../run/messages/messages.ts";
import { noSuchBucket } from "../../../run/plan/preflight.ts";
import { quote, RefusedError, UserError } from "../../../vocabulary/errors.ts";
import { needOf, type Operation } from "../../../vocabulary/permissions.ts";
import { sourcePlace } from "../../settings/places.ts";
import { type OpenedSurroundings, surroundingsFromSettings } from "../../settings/surroundings-from-settings.ts";
import { commandWorld } from "../input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readCertificate } from "./certificate-files.ts";

export function describeProtection(command: Command): void {
  addFlags(
    command
      .option("--certificate <FILE>", "with off: what check --certificate wrote of a check of this source that agreed")
      .option(
        "--unchecked <WORDS>",
        'with off: without a check, in these words: "the originals of BUCKET-APPID are not archived"',
      )
      .option(
        "--suffixes <LIST>",
        `with on: which images to protect, of ${protectableSuffixes.join(",")} (default: all of them)`,
      )
      .addHelpText(
        "after",
        `
The protection is the bucket's, whatever the prefix of --source. It is taken off only where a check of the bucket agreed and nothing
was written there since: where the original of an image is archived nowhere, whoever can reach the bucket reads it from then on.

Exit codes: 0 told, or done, 2 usage, or no check that allows it, 5 not reached, 6 credentials refused.

Example:
  cos-originals protection off --source cos://photos-1250000000 --region ap-guangzhou --certificate check.json`,
      ),
    ["source", "region", "sourceRegion", "endpoint", "sourceEndpoint", "credentialsFrom", "allowHttp"],
  );
}

type Status = "on" | "off";
type Protected = Bucket & OriginProtect;

export async function protectionCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  const what = whatOf(args[0]);
  checkFlags(what, flags);
  const settings = await settingsFromFlags(flags, terminal);
  const source = sourcePlace(settings);
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  try {
    const bucket = surroundings.open("source", source);
    const was = await statusOf(bucket, surroundings);
    const suffixes = what === "on" ? suffixesOf(flags) : undefined;
    const by = what === "off" && was === "on" ? await leaveOf(flags, source, surroundings) : undefined;
    if (suffixes !== undefined) {
      await allowed(bucket, "setProtection", surroundings, () => bucket.putOriginProtect(suffixes));
    } else if (by !== undefined) {
      await allowed(bucket, "setProtection", surroundings, () => bucket.deleteOriginProtect());
    }
    const isAsked = suffixes !== undefined || by !== undefined;
    const status = isAsked ? await statusOf(bucket, surroundings) : was;
    if (flags.json === true) {
      const document = { schema: "cos-originals/protection@1", bucket: bucket.address, was, status, ...(by && { by }) };
      terminal.out(JSON.stringify(suffixes === undefined ? document : { ...document, suffixes }));
    } else terminal.out(textOf(bucket.address, was, status, suffixes));
    if (what === "status" || status === what) return exitCodes.done;
    terminal.complain(
      `the protection of ${bucket.address} was asked to be ${what}, and the service says that it is ${status}; ask for its status in a moment.`,
    );
    return exitCodes.incomplete;
  } finally {
    await surroundings.close();
  }
}

function textOf(address: string, was: Status, status: Status, suffixes: readonly string[] | undefined): string {
  const what = `Original Image Protection of ${address}`;
  if (suffixes !== undefined && status === "on")
    return `${what} is on, for ${suffixes.join(", ")}: only originImage and styles bring those.`;
  if (was === status) return `${what} is ${status}.`;
  return status === "off" ? `${what} is off: plain GETs bring the originals.` : `${what} is ${status}.`;
}

function whatOf(said: string | undefined): "status" | Status {
  if (said === "status" || said === "on" || said === "off") return said;
  throw new UserError(
    "InvalidSetting",
    `${quote(said)} is nothing that is done to a protection; say status, on or off.`,
  );
}

/** What is said of another than what is done would be passed over. */
function checkFlags(what: "status" | Status, flags: Flags): void {
  const of = { certificate: "off", unchecked: "off", suffixes: "on" } as const;
  for (const [name, its] of Object.entries(of)) {
    if (flags[name] === undefined || its === what) continue;
    throw new UserError("InvalidSetting", `--${name} says nothing with ${what}; it is a flag of ${its}.`);
  }
}

function suffixesOf({ suffixes }: Flags): readonly string[] {
  if (typeof suffixes !== "string") return protectableSuffixes;
  const all = suffixes.split(",").map((suffix) => suffix.trim().toLowerCase().replace(/^\./, ""));
  const wrong = all.find((suffix) => !(protectableSuffixes as readonly string[]).includes(suffix));
  if (wrong === undefined) return [...new Set(all)];
  throw new UserError(
    "InvalidSetting",
    `--suffixes ${quote(suffixes)} has ${quote(wrong)}, and protected are ${protectableSuffixes.join(", ")} alone; --suffixes jpg,png would do.`,
  );
}

/** Why it may be taken off. Throws UserError `CheckNeeded`, `CheckDisagreed`, `CheckOutdated`, `InvalidCertificate`. */
async function leaveOf(
  { certificate, unchecked }: Flags,
  source: Place,
  surroundings: OpenedSurroundings,
): Promise<"check" | "unchecked"> {
  const words = `the originals of ${source.bucket} are not archived`;
  if (unchecked !== undefined) {
    if (plain(String(unchecked)) === plain(words)) return "unchecked";
    throw new UserError(
      "CheckNeeded",
      `--unchecked ${quote(unchecked)} are not the words by which the protection is taken off without a check: they are --unchecked ${quote(words)}.`,
    );
  }
  if (typeof certificate !== "string") {
    throw new UserError(
      "CheckNeeded",
      `The protection of ${source.bucket} stays on, for no check says that its originals are archived: run cos-originals check with --certificate FILE, and give that file here; or say --unchecked ${quote(words)}.`,
    );
  }
  const read: Certificate = await readCertificate(certificate);
  await checkStillHolds(read, source, surroundings);
  return "check";
}

const plain = (words: string): string => words.trim().toLowerCase().replace(/\s+/g, " ").replace(/\.$/, "");

async function statusOf(bucket: Protected, surroundings: OpenedSurroundings): Promise<Status> {
  return (await allowed(bucket, "getProtection", surroundings, () => bucket.getOriginProtect())) ? "on" : "off";
}

/** Throws RefusedError, which names what is to be allowed; UserError `NoSuchBucket`. */
async function allowed<T>(
  bucket: Bucket,
  operation: Operation,
  surroundings: OpenedSurroundings,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await withRetries(request, surroundings);
  } catch (error) {
    if (!isBucketError(error)) throw error;
    if (error.code === "NoSuchBucket") throw noSuchBucket("the source", bucket, error);
    if (error.status !== 403) throw error;
    const need = error.code === "AccessDenied" ? `; it needs ${needOf("cos", operation)} there` : "";
    throw new RefusedError(error.code, `The credentials were refused for ${bucket.address}: ${error.message}${need}`, {
      cause: error,
    });
  }
}
