/** Servers of S3's protocol that nobody here wrote, each with one bucket. */
import { buildApp } from "fauxqs";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import { createWireHttp } from "../../src/http/wire/client.ts";
import { createS3Client, type S3Client } from "../../src/stores/s3/client.ts";
import { systemClock } from "../../src/vocabulary/clock.ts";

export interface S3Server {
  readonly url: string;
  readonly bucket: S3Client;
  close(): Promise<void>;
}

export const s3Credentials = { secretId: "AKIATEST", secretKey: "test-secret-key" };
export const s3Bucket = "photo-archive";

export function s3ClientOf(endpoint: string, bucket = s3Bucket, credentials = s3Credentials): S3Client {
  return createS3Client({
    bucket,
    region: "us-east-1",
    endpoint,
    credentials: staticCredentials(credentials),
    clock: systemClock,
    createHttp: createWireHttp,
  });
}

/** It looks at no signature, checks no MD5 and knows no conditions: a service that lacks what a ledger rests on. */
export async function startFauxqs(): Promise<S3Server> {
  const app = buildApp({ logger: false });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const made = await fetch(`${url}/${s3Bucket}`, { method: "PUT" });
  if (!made.ok) throw new Error(`fauxqs makes no bucket: ${made.status}`);
  return opened(url, () => app.close());
}

function opened(url: string, stop: () => PromiseLike<unknown>): S3Server {
  const bucket = s3ClientOf(url);
  return {
    url,
    bucket,
    async close() {
      await bucket.close();
      await stop();
    },
  };
}
