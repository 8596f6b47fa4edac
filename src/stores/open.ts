/** Which store a place is in, where that is no COS. */
import type { CredentialsProvider, Environment } from "../credentials/credentials.ts";
import type { CreateHttp } from "../http/port/http.ts";
import type { Bucket } from "../objects/bucket.ts";
import type { OtherStore } from "../vocabulary/address.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import type { Log } from "../vocabulary/log.ts";
import { createFolderStore } from "./folder/folder.ts";
import { createS3Client } from "./s3/client.ts";

/** The Bucket port, with what it holds open: connections, or files. */
export interface StoreClient extends Bucket {
  /** Lets go of them at once; what is still in flight fails. */
  close(): Promise<void>;
}

export interface OtherPlace {
  readonly store: OtherStore;
  /** The bucket's name, or the folder's whole path. */
  readonly bucket: string;
  /** "local" of a folder. */
  readonly region: string;
}

export interface StoreOptions {
  /** Template; the store's own where absent. */
  readonly endpoint?: string | undefined;
  /** Hosts besides loopback that may be spoken to over plain http. */
  readonly allowHttp?: readonly string[] | undefined;
  /** Where the endpoint is read that nobody said. */
  readonly environment: Environment;
  /** Who signs, for stores that want it. */
  readonly credentials: CredentialsProvider;
  /** At once. */
  readonly connections: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly createHttp: CreateHttp;
}

/** @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused` */
export function openStore({ store, bucket, region }: OtherPlace, options: StoreOptions): StoreClient {
  switch (store) {
    case "s3": {
      const { endpoint } = options;
      const said = endpoint === undefined ? endpointOf(options.environment) : { endpoint, endpointFrom: undefined };
      return createS3Client({ ...options, bucket, region, ...said });
    }
    case "file":
      return createFolderStore({ ...options, folder: bucket });
  }
}

/** As the AWS tools find it (AWS SDKs and Tools Reference Guide). An empty variable is one that is not set. */
function endpointOf(env: Environment): { readonly endpoint?: string; readonly endpointFrom?: string } {
  const said = { AWS_ENDPOINT_URL_S3: env.AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL: env.AWS_ENDPOINT_URL };
  for (const [endpointFrom, text] of Object.entries(said)) {
    const endpoint = text?.trim();
    if (endpoint) return { endpoint, endpointFrom };
  }
  return {};
}
