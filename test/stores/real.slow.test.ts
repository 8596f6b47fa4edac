/**
 * The suite on buckets of somebody's own: COS_TEST_BUCKET and COS_TEST_REGION with TENCENTCLOUD_SECRETID and _SECRETKEY; S3_TEST_BUCKET and
 * S3_TEST_REGION (and S3_TEST_ENDPOINT, where that is not AWS) with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. What it writes lies below
 * conformance-…/, and some of it stays there.
 */
import { describe, test } from "vitest";
import { createBucketClient } from "../../src/cos/client.ts";
import { awsEnvironmentCredentials } from "../../src/credentials/aws-environment.ts";
import { environmentCredentials } from "../../src/credentials/environment.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { createS3Client } from "../../src/stores/s3/client.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";
import { storeConformance } from "./conformance.ts";

const { env } = process;
const clock = systemClock;

if (env.COS_TEST_BUCKET && env.COS_TEST_REGION) {
  const [bucket, region] = [env.COS_TEST_BUCKET, env.COS_TEST_REGION];
  storeConformance("real COS", [], async () => {
    const client = createBucketClient({ bucket, region, credentials: environmentCredentials(env), clock });
    return { bucket: client, close: () => client.close() };
  });
} else {
  describe("real COS as a store", () => {
    test.skip("needs COS_TEST_BUCKET, COS_TEST_REGION and TENCENTCLOUD_SECRETID, TENCENTCLOUD_SECRETKEY");
  });
}

if (env.S3_TEST_BUCKET && env.S3_TEST_REGION) {
  const [bucket, region, endpoint] = [env.S3_TEST_BUCKET, env.S3_TEST_REGION, env.S3_TEST_ENDPOINT];
  storeConformance("real S3", ["CRC64 in replies"], async () => {
    const credentials = awsEnvironmentCredentials(env);
    const client = createS3Client({ bucket, region, endpoint, credentials, clock, createHttp: createWireHttp });
    return { bucket: client, close: () => client.close() };
  });
} else {
  describe("real S3 as a store", () => {
    test.skip(
      "needs S3_TEST_BUCKET, S3_TEST_REGION and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (and S3_TEST_ENDPOINT)",
    );
  });
}
