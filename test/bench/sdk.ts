/** A script as a user would write it: cos-nodejs-sdk-v5 and p-limit, each object through a Buffer or through a stream. */
import { tmpdir } from "node:os";
import { PassThrough } from "node:stream";
import COS from "cos-nodejs-sdk-v5";
import pLimit from "p-limit";
import { bucketsOf, credentials, keyOf, region, sizes } from "./bodies.ts";
import type { Copier, CopierOptions } from "./copier.ts";

function open({ origin, concurrency }: CopierOptions): COS {
  const { protocol, host } = new URL(origin);
  return new COS({
    SecretId: credentials.secretId,
    SecretKey: credentials.secretKey,
    Protocol: protocol,
    Domain: host,
    KeepAlive: true,
    FileParallelLimit: concurrency,
    AutoSwitchHost: false,
    ConfCwd: tmpdir(),
  } as COS.COSOptions);
}

export function createSdkBufferCopier(options: CopierOptions): Copier {
  const cos = open(options);
  return {
    copy: (objects) =>
      withLimit(objects, options.concurrency, async (index) => {
        const Key = keyOf(options.label, index);
        const { Body } = await cos.getObject({
          Bucket: bucketsOf.source,
          Region: region,
          Key,
          Query: { "ci-process": "originImage" },
        } as COS.GetObjectParams);
        await cos.putObject({ Bucket: bucketsOf.archive, Region: region, Key, Body });
      }),
    close: () => Promise.resolve(),
  };
}

export function createSdkStreamCopier(options: CopierOptions): Copier {
  const cos = open(options);
  const size = sizes[options.label];
  return {
    copy: (objects) =>
      withLimit(objects, options.concurrency, async (index) => {
        const Key = keyOf(options.label, index);
        const through = new PassThrough();
        await Promise.all([
          cos.getObject({
            Bucket: bucketsOf.source,
            Region: region,
            Key,
            Query: { "ci-process": "originImage" },
            Output: through,
          } as COS.GetObjectParams),
          cos.putObject({ Bucket: bucketsOf.archive, Region: region, Key, Body: through, ContentLength: size }),
        ]);
      }),
    close: () => Promise.resolve(),
  };
}

async function withLimit(objects: number, concurrency: number, one: (index: number) => Promise<void>): Promise<void> {
  const limit = pLimit(concurrency);
  await Promise.all(Array.from({ length: objects }, (_, index) => limit(() => one(index))));
}
