/**
 * Where a bucket of S3 is dialled. A template says it, with `{bucket}` and `{region}` filled in:
 *
 *   https://{bucket}.s3.{region}.amazonaws.com    the default; by path where the bucket's name has dots, which no certificate covers
 *   https://ACCOUNT.r2.cloudflarestorage.com      no {bucket}: by path, /BUCKET/KEY
 *   http://127.0.0.1:9000                         the same: MinIO, Ceph, an emulator
 *   https://{bucket}.s3.oss-{region}.aliyuncs.com by virtual host, where the service wants it
 *
 * Consoles show addresses with the bucket's name in them, in the host or behind it. Taken for a template as it stands, such a one would have the
 * name twice, and each key would begin with it: nothing would fail, and all would lie in another place.
 */
import { dialled, type Endpoint } from "../../objects/dialled.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { isRegion, isS3BucketName } from "../../vocabulary/names.ts";

export interface S3EndpointSettings {
  readonly bucket: string;
  /** `us-east-1`, `auto` */
  readonly region: string;
  /** Template; AWS's own where absent. */
  readonly endpoint?: string | undefined;
  /** What says it, for messages: `--archive-endpoint` where absent. */
  readonly endpointFrom?: string | undefined;
  readonly allowHttp?: readonly string[] | undefined;
}

/** @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused` */
export function s3Endpoint(settings: S3EndpointSettings): Endpoint {
  const { bucket, region, endpoint, endpointFrom: flag = "--archive-endpoint", allowHttp } = settings;
  if (!isS3BucketName(bucket)) {
    throw new UserError(
      "InvalidBucket",
      `the bucket is ${quote(bucket)}, which no bucket of S3 can be called; check --archive`,
    );
  }
  if (bucket.endsWith("--x-s3")) {
    throw new UserError(
      "InvalidBucket",
      `the bucket ${quote(bucket)} is a directory bucket (S3 Express One Zone), whose keys are listed in no order, which ledgers and comparisons rest on; archive to a general purpose bucket`,
    );
  }
  if (!isRegion(region)) {
    throw new UserError("InvalidRegion", `--archive-region is ${quote(region)}: give one such as us-east-1`);
  }
  const template = endpoint ?? defaultTemplate(bucket, region);
  const { url, namesBucket } = dialled({
    bucket,
    region,
    template,
    given: endpoint,
    flag,
    allowHttp,
  });
  if (!namesBucket && (url.hostname === bucket || url.hostname.startsWith(`${bucket}.`))) {
    const rest = url.host.slice(bucket.length);
    throw new UserError(
      "InvalidEndpoint",
      `${flag} is ${quote(endpoint)}: its host begins with the bucket's name, which would stand in each key once more; ` +
        `give ${url.protocol}//{bucket}${rest} if the host is the bucket's own, else ${url.origin}/{bucket}`,
    );
  }
  const path = url.pathname.replace(/\/+$/, "");
  return { origin: url.origin, host: url.host, pathPrefix: namesBucket ? path : `/${bucket}` };
}

function defaultTemplate(bucket: string, region: string): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return bucket.includes(".") ? `https://s3.{region}.${domain}/{bucket}` : `https://{bucket}.s3.{region}.${domain}`;
}
