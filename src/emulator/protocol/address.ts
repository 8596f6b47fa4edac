/**
 * Which bucket and key a request addresses (facts of 436/6224): by virtual host, `BUCKET.cos.REGION.myqcloud.com` or anything
 * else after the first label; by path, `/BUCKET/KEY`, under an IP address, localhost, or a `cos.REGION.…` host without
 * a bucket; or the service itself. A target in absolute form (a client that speaks to a proxy) names its own host.
 */
import { isIP } from "node:net";
import { refusal } from "./refusal.ts";

export interface Address {
  /** As the client sent it, with its port. */
  readonly host: string;
  /** Undefined: the service itself. */
  readonly bucket: string | undefined;
  /** From the host, where it names one. */
  readonly region: string | undefined;
  /** Which service of the bucket the host names: `cos`, `pic`, `ci`; `cos` where it names none. */
  readonly service: string;
  /** "" for the bucket itself. */
  readonly key: string;
  /** The decoded path of the target, as signed. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
}

const SERVICE_KINDS = new Set(["cos", "cos-internal", "pic", "ci"]);
const LEGACY_KIND = /^pic[a-z]{1,4}$/;

/** Percent-decoding as UTF-8; a refusal InvalidURI where it is neither. */
export function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal("InvalidURI");
  }
}

export function parseQuery(raw: string, plusMeansSpace: boolean): (readonly [string, string])[] {
  if (raw === "") return [];
  const pairs: (readonly [string, string])[] = [];
  const decodePart = (part: string) => decode(plusMeansSpace && part.includes("+") ? part.replaceAll("+", " ") : part);
  for (const part of raw.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals === -1) pairs.push([decodePart(part), ""]);
    else pairs.push([decodePart(part.slice(0, equals)), decodePart(part.slice(equals + 1))]);
  }
  return pairs;
}

/** `host` without its port; an IPv6 address without its brackets. */
export function hostname(host: string): string {
  if (host.startsWith("[")) return host.slice(1, host.indexOf("]"));
  const colon = host.lastIndexOf(":");
  return (colon === -1 ? host : host.slice(0, colon)).toLowerCase();
}

/** What a host says of itself: the bucket it names, or that buckets are in the path, or that it is the service. */
export function readHost(host: string): { bucket?: string; region?: string; service?: string } {
  const name = hostname(host);
  if (isIP(name) !== 0 || name === "localhost" || name === "" || !name.includes(".")) return {};
  const labels = name.split(".");
  const [first = "", second = "", third] = labels;
  if (first === "service") return {};
  if (SERVICE_KINDS.has(first)) return labels.length > 3 ? { region: second } : {};
  if (SERVICE_KINDS.has(second) && labels.length > 4 && third !== undefined) {
    return { bucket: first, region: third, service: second };
  }
  if (LEGACY_KIND.test(second) || !SERVICE_KINDS.has(second)) return { bucket: first };
  return { bucket: first };
}

/** Throws a refusal InvalidURI. `hostHeader` is the Host header, "" where there is none. */
export function parseAddress(target: string, hostHeader: string, plusMeansSpace: boolean): Address {
  let host = hostHeader;
  let rest = target;
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(target);
  if (absolute) {
    host = absolute[1] ?? "";
    rest = target.slice(absolute[0].length);
    if (!rest.startsWith("/")) rest = `/${rest}`;
  }
  if (!rest.startsWith("/")) throw refusal("InvalidURI");
  const question = rest.indexOf("?");
  const rawPath = question === -1 ? rest : rest.slice(0, question);
  const query = question === -1 ? [] : parseQuery(rest.slice(question + 1), plusMeansSpace);
  const path = decode(rawPath);
  const named = readHost(host);
  if (named.bucket !== undefined) {
    const { bucket, region, service = "cos" } = named;
    return { host, bucket, region, service, key: path.slice(1), path, query };
  }
  const slash = rawPath.indexOf("/", 1);
  const bucket = decode(slash === -1 ? rawPath.slice(1) : rawPath.slice(1, slash));
  return {
    host,
    bucket: bucket === "" ? undefined : bucket,
    region: named.region,
    service: "cos",
    key: slash === -1 ? "" : decode(rawPath.slice(slash + 1)),
    path,
    query,
  };
}
