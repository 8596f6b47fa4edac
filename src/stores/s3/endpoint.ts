/**
 * Where a bucket of S3 is dialled. A template says it, with `{bucket}` and `{region}` filled in:
 *
 *   https://{bucket}.s3.{region}.amazonaws.com    the default; by path where the bucket's name has dots, which no certificate covers
 *   https://ACCOUNT.r2.cloudflarestorage.com      no {bucket}: by path, /BUCKET/KEY
 *   http://127.0.0.1:9000                         the same: MinIO, Ceph, an emulator
 *   https://{bucket}.oss-{region}.aliyuncs.com    by virtual host, where the service wants it
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
  readonly allowHttp?: readonly string[] | undefined;
}

/** @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused` */
export function s3Endpoint({ bucket, region, endpoint, allowHttp }: S3EndpointSettings): Endpoint {
  if (!isS3BucketName(bucket)) {
    throw new UserError(
      "InvalidBucket",
      `the bucket is ${quote(bucket)}, which no bucket of S3 can be called; check --archive`,
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
    flag: "--archive-endpoint",
    allowHttp,
  });
  const path = url.pathname.replace(/\/+$/, "");
  return { origin: url.origin, host: url.host, pathPrefix: namesBucket ? path : `/${bucket}` };
}

function defaultTemplate(bucket: string, region: string): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return bucket.includes(".") ? `https://s3.{region}.${domain}/{bucket}` : `https://{bucket}.s3.{region}.${domain}`;
}
