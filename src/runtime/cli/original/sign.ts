/** `cos-originals sign`: a URL that fetches one original, for somebody who has no credentials. Asks nobody. */

import type { Command } from "commander";
import type { Settings } from "../../../config/read.ts";
import { resolveEndpoint } from "../../../cos/address/endpoint.ts";
import { originImage } from "../../../cos/client.ts";
import { signedGetUrl } from "../../../cos/signed-url.ts";
import type { Credentials } from "../../../credentials/credentials.ts";
import { keyProblem } from "../../../manifest/key-text.ts";
import { parseAge } from "../../../policy/scope/quantities.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { sourcePlace } from "../../settings/places.ts";
import { commandWorld } from "../input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";

const week = 7 * 24 * 3_600_000;
/** Clocks differ: a signature is valid from a minute ago. */
const earlySeconds = 60;

export function describeSign(command: Command): void {
  addFlags(
    command.option("--expires <AGE>", "how long the URL is good for, 1s to 7d", "10m").addHelpText(
      "after",
      `
KEY is the whole key, as it is in the bucket. The URL carries a signature: whoever has it may fetch this original until its time is
over, and each fetch is paid for. It can't be taken back but by taking the credentials back. It is signed with TENCENTCLOUD_SECRETID and
TENCENTCLOUD_SECRETKEY; with temporary credentials it ends with them, if that is earlier.

Exit codes: 0 printed, 2 usage, 6 there are no credentials.

Example:
  cos-originals sign 2026/picture.jpg --source cos://photos-1250000000 --region ap-guangzhou --expires 5m`,
    ),
    ["source", "region", "sourceRegion", "endpoint", "sourceEndpoint", "credentialsFrom", "allowHttp"],
  );
}

export async function signCommand(flags: Flags, terminal: Terminal, [key = ""]: readonly string[]): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const credentials = await commandWorld(settings, terminal.log).credentials.source.get();
  const { url, expiresAt } = signOriginal(settings, key, {
    lasts: lastsOf(flags.expires),
    credentials,
    now: systemClock.now(),
  });
  const until = new Date(expiresAt).toISOString();
  terminal.out(flags.json === true ? JSON.stringify({ schema: "cos-originals/sign@1", url, expiresAt: until }) : url);
  terminal.log.warn(`Whoever has this URL can fetch the original until ${until}, and each fetch is paid for.`);
  return exitCodes.done;
}

/** @throws UserError `InvalidSetting` @returns ms */
export function lastsOf(text: unknown): number {
  const lasts = typeof text === "string" ? parseAge(text) : undefined;
  if (lasts !== undefined && lasts >= 1_000 && lasts <= week) return lasts;
  throw new UserError("InvalidSetting", `--expires ${quote(text)} is no time from 1s to 7d; --expires 10m would do.`);
}

export interface Signing {
  /** How long the URL is good for, ms. */
  readonly lasts: number;
  readonly credentials: Credentials;
  /** ms since the epoch. */
  readonly now: number;
}

/** @throws UserError `InvalidSetting`, `InvalidEndpoint`, `MissingSetting` */
export function signOriginal(
  settings: Settings,
  key: string,
  { lasts, credentials, now }: Signing,
): { readonly url: string; readonly expiresAt: number } {
  const source = sourcePlace(settings);
  const refuse = (why: string) => new UserError("InvalidSetting", `KEY ${why}.`);
  const problem = keyProblem(key);
  if (problem !== undefined) throw refuse(problem);
  if (!key.startsWith(source.prefix)) {
    throw refuse(
      `${quote(key)} does not lie in ${quote(printAddress(source))}; give the whole key, as it is in the bucket`,
    );
  }
  if (/(^|\/)\.{1,2}(\/|$)/.test(key)) {
    throw refuse(
      `${quote(key)} has a segment that is a dot or two, which whoever fetches a URL takes out of it; archive it by run instead`,
    );
  }
  const { sourceEndpoint, endpoint: common, allowHttp } = settings.values;
  const template = sourceEndpoint ?? common;
  const { bucket, region } = source;
  const endpoint = resolveEndpoint({ bucket, region, endpoint: template, allowHttp });
  if (template !== undefined && !template.includes("{bucket}")) {
    throw new UserError(
      "InvalidEndpoint",
      `${settings.said(sourceEndpoint === undefined ? "endpoint" : "sourceEndpoint")} does not name the bucket, and a URL can say no other Host; write {bucket} into it, as https://HOST/{bucket}.`,
    );
  }
  const second = Math.floor(now / 1_000);
  const until = second + Math.floor(lasts / 1_000);
  const url = signedGetUrl({ endpoint, key, query: originImage, credentials, from: second - earlySeconds, until });
  return { url, expiresAt: until * 1_000 };
}
