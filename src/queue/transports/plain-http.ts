/** Signed requests carry temporary tokens and message bodies: over plain http only to this machine, or to hosts that were named. */
import { quote, UserError } from "../../vocabulary/errors.ts";
import { isLoopback } from "../../vocabulary/loopback.ts";

/** @param allowed hosts of `--allow-http` */
export function refusePlainHttp(url: URL, allowed: readonly string[] = []): void {
  if (url.protocol === "https:" || isLoopback(url.hostname) || url.hostname.endsWith(".localhost")) return;
  if (allowed.includes(url.hostname) || allowed.includes(url.host)) return;
  throw new UserError(
    "PlainHttp",
    `The queue endpoint ${quote(url.origin)} would be called over plain http, where anybody on the way reads messages and credentials: use https, or allow this host with --allow-http ${url.hostname}.`,
  );
}
