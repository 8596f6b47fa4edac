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
import { dialled, type Endpoint } from "../../objects/dialled.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
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

export const defaultEndpoint = "https://{bucket}.cos.{region}.myqcloud.com";

/** The bucket's own host. */
export const bucketHost = (bucket: string, region: string) => `${bucket}.cos.${region}.myqcloud.com`;

function isServiceDomain(hostname: string): boolean {
  return hostname.endsWith(".myqcloud.com") || hostname.endsWith(".tencentcos.cn");
}

/** The template with its names filled in, checked. */
function resolve(settings: EndpointSettings) {
  const { bucket, region, endpoint, allowHttp } = settings;
  if (!isBucketName(bucket)) {
    throw new UserError("InvalidBucket", `the bucket is ${quote(bucket)}: give its full name, like photos-1250000000`);
  }
  if (!isRegion(region)) {
    throw new UserError("InvalidRegion", `--region is ${quote(region)}: give one such as ap-guangzhou`);
  }
  return dialled({
    bucket,
    region,
    template: endpoint ?? defaultEndpoint,
    given: endpoint,
    flag: "--endpoint",
    allowHttp,
  });
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
 * Where Cloud Infinite takes the bucket's settings: of its images `BUCKET.pic.REGION.myqcloud.com` (documents 460/30121 and 436/96356), of
 * its binding `BUCKET.ci.REGION.myqcloud.com` (460/97481). Both exist only in public and over https. For an endpoint that is not the
 * service's own, that endpoint is dialled, with this host in the Host header.
 *
 * @throws as resolveEndpoint
 */
export function resolveImageEndpoint(settings: EndpointSettings, kind: "pic" | "ci" = "pic"): Endpoint {
  const { url } = resolve(settings);
  const host = `${settings.bucket}.${kind}.${settings.region}.myqcloud.com`;
  const origin = isServiceDomain(url.hostname) ? `https://${host}` : url.origin;
  return { origin, host, pathPrefix: "" };
}
