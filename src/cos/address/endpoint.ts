/**
 * Where a bucket is dialled. A template says it, with `{bucket}` (NAME-APPID) and `{region}` filled in:
 *
 *   https://{bucket}.cos.{region}.myqcloud.com             the default; private inside the same region (document 436/6281)
 *   https://{bucket}.cos.{region}.tencentcos.cn            the equal domain
 *   https://{bucket}.cos-internal.{region}.tencentcos.cn   the intranet, by name
 *   https://{bucket}.cos.accelerate.myqcloud.com           global acceleration, where the bucket has it
 *   https://images.example.com/{bucket}, https://cos.{region}.myqcloud.com/{bucket}   by path
 *   http://127.0.0.1:9000                                  no {bucket}: dialled as it is, and the bucket's own host
 *                                                          (BUCKET.cos.REGION.myqcloud.com) goes in the Host header
 *
 * The host is part of what is signed, so it must be the one that is sent. Plain http would show every byte and header on
 * the way: it is for loopback, or for hosts the user named.
 */
import { quote, UserError } from "../../vocabulary/errors.ts";
import { isLoopback } from "../../vocabulary/loopback.ts";
import { isBucketName, isRegion } from "../../vocabulary/names.ts";

export interface EndpointSettings {
  /** NAME-APPID */
  readonly bucket: string;
  /** `ap-guangzhou` */
  readonly region: string;
  /** Template; the default domain where absent. */
  readonly endpoint?: string | undefined;
  /** Hosts, `name` or `name:port`, that plain http may be spoken to. */
  readonly allowHttp?: readonly string[] | undefined;
}

export interface Endpoint {
  /** What to dial: `https://host[:port]`. */
  readonly origin: string;
  /** The Host header, with its port where that is not the scheme's own. */
  readonly host: string;
  /** Goes before `/KEY` in the request target and in the signed path; "" or `/BUCKET`. */
  readonly pathPrefix: string;
}

export const defaultEndpoint = "https://{bucket}.cos.{region}.myqcloud.com";

/** The bucket's own host. */
export const bucketHost = (bucket: string, region: string) => `${bucket}.cos.${region}.myqcloud.com`;
const imageHost = (bucket: string, region: string) => `${bucket}.pic.${region}.myqcloud.com`;

function isServiceDomain(hostname: string): boolean {
  return hostname.endsWith(".myqcloud.com") || hostname.endsWith(".tencentcos.cn");
}

function refuse(settings: EndpointSettings, why: string): never {
  throw new UserError("InvalidEndpoint", `--endpoint is ${quote(settings.endpoint)}: ${why}`);
}

/** The template with its names filled in, checked. */
function resolve(settings: EndpointSettings): { readonly url: URL; readonly namesBucket: boolean } {
  const { bucket, region } = settings;
  if (!isBucketName(bucket)) {
    throw new UserError("InvalidBucket", `the bucket is ${quote(bucket)}: give its full name, like photos-1250000000`);
  }
  if (!isRegion(region)) {
    throw new UserError("InvalidRegion", `--region is ${quote(region)}: give one such as ap-guangzhou`);
  }
  const template = settings.endpoint ?? defaultEndpoint;
  const unknown = /\{[^}]*\}?/g;
  for (const [name] of template.matchAll(unknown)) {
    if (name !== "{bucket}" && name !== "{region}") refuse(settings, `${quote(name)} is neither {bucket} nor {region}`);
  }
  if (!/^https?:\/\//i.test(template)) refuse(settings, "it must begin with https:// (or http:// for loopback)");
  const text = template.replaceAll("{bucket}", bucket).replaceAll("{region}", region);
  if (!URL.canParse(text)) refuse(settings, "it is not an address that can be dialled");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") refuse(settings, "credentials do not belong in it");
  if (/[?#]/.test(text)) refuse(settings, "it must not have a query or a fragment");
  const namesBucket = template.includes("{bucket}");
  if (url.pathname !== "/") {
    if (!template.slice(template.indexOf("://") + 3).includes("/{bucket}")) {
      refuse(settings, `it has a path, ${quote(url.pathname)}, which may only be there to hold {bucket}`);
    }
    // What stands in the request target is signed decoded, so it must be the same both ways.
    if (!/^[A-Za-z0-9\-_.~/]*$/.test(url.pathname)) refuse(settings, "its path has characters that need encoding");
  }
  refusePlainHttp(settings, url);
  return { url, namesBucket };
}

function refusePlainHttp(settings: EndpointSettings, url: URL): void {
  if (url.protocol !== "http:" || isLoopback(url.hostname)) return;
  const allowed = (settings.allowHttp ?? []).map((host) => host.toLowerCase());
  if (allowed.includes(url.hostname) || allowed.includes(url.host)) return;
  throw new UserError(
    "PlainHttpRefused",
    `--endpoint is ${quote(settings.endpoint)}: plain http is spoken to loopback only; use https://, or name the host ` +
      `with --allow-http ${url.hostname} if everything on the way to it may be read by others`,
  );
}

/**
 * Where to send the requests of a bucket.
 *
 * @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused`
 */
export function resolveEndpoint(settings: EndpointSettings): Endpoint {
  const { url, namesBucket } = resolve(settings);
  return {
    origin: url.origin,
    host: namesBucket ? url.host : bucketHost(settings.bucket, settings.region),
    pathPrefix: url.pathname.replace(/\/+$/, ""),
  };
}

/**
 * Where Cloud Infinite takes the bucket's image settings (Original Image Protection, document 460/30121):
 * `BUCKET.pic.REGION.myqcloud.com`, which exists only in public and over https. For an endpoint that is not the
 * service's own, that endpoint is dialled, with this host in the Host header.
 *
 * @throws as resolveEndpoint
 */
export function resolveImageEndpoint(settings: EndpointSettings): Endpoint {
  const { url } = resolve(settings);
  const host = imageHost(settings.bucket, settings.region);
  const origin = isServiceDomain(url.hostname) ? `https://${host}` : url.origin;
  return { origin, host, pathPrefix: "" };
}
