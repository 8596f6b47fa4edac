/** A template of what is dialled, with `{bucket}` and `{region}` filled in, checked: the same for every store that is reached over HTTP. */
import { quote, UserError } from "../vocabulary/errors.ts";
import { isLoopback } from "../vocabulary/loopback.ts";

/** Where to send the requests of a bucket. */
export interface Endpoint {
  /** What to dial: `https://host[:port]`. */
  readonly origin: string;
  /** The Host header, with its port where that is not the scheme's own. */
  readonly host: string;
  /** Goes before `/KEY` in the request target and in the signed path; "" or `/BUCKET`. */
  readonly pathPrefix: string;
}

export interface Template {
  readonly bucket: string;
  readonly region: string;
  readonly template: string;
  /** As it was given, for messages. */
  readonly given: string | undefined;
  /** Which flag says it: `--endpoint`. */
  readonly flag: string;
  /** Hosts, `name` or `name:port`, that plain http may be spoken to. */
  readonly allowHttp?: readonly string[] | undefined;
}

/** @throws UserError `InvalidEndpoint`, `PlainHttpRefused` */
export function dialled(settings: Template): { readonly url: URL; readonly namesBucket: boolean } {
  const { bucket, region, template } = settings;
  const refuse = (why: string): never => {
    throw new UserError("InvalidEndpoint", `${settings.flag} is ${quote(settings.given)}: ${why}`);
  };
  const unknown = /\{[^}]*\}?/g;
  for (const [name] of template.matchAll(unknown)) {
    if (name !== "{bucket}" && name !== "{region}") refuse(`${quote(name)} is neither {bucket} nor {region}`);
  }
  if (!/^https?:\/\//i.test(template)) refuse("it must begin with https:// (or http:// for loopback)");
  const text = template.replaceAll("{bucket}", bucket).replaceAll("{region}", region);
  if (!URL.canParse(text)) refuse("it is not an address that can be dialled");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") refuse("credentials do not belong in it");
  if (/[?#]/.test(text)) refuse("it must not have a query or a fragment");
  const namesBucket = template.includes("{bucket}");
  if (url.pathname !== "/") {
    if (!template.slice(template.indexOf("://") + 3).includes("/{bucket}")) {
      refuse(`it has a path, ${quote(url.pathname)}, which may only be there to hold {bucket}`);
    }
    // What stands in the request target is signed decoded, so it must be the same both ways.
    if (!/^[A-Za-z0-9\-_.~/]*$/.test(url.pathname)) refuse("its path has characters that need encoding");
  }
  refusePlainHttp(settings, url);
  return { url, namesBucket };
}

/** Plain http would show every byte and header on the way. */
function refusePlainHttp({ allowHttp = [], flag, given }: Template, url: URL): void {
  if (url.protocol !== "http:" || isLoopback(url.hostname)) return;
  const allowed = allowHttp.map((host) => host.toLowerCase());
  if (allowed.includes(url.hostname) || allowed.includes(url.host)) return;
  throw new UserError(
    "PlainHttpRefused",
    `${flag} is ${quote(given)}: plain http is spoken to loopback only; use https://, or name the host ` +
      `with --allow-http ${url.hostname} if everything on the way to it may be read by others`,
  );
}
