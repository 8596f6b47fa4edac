/** Which store a place is in, where that is no COS. */
import type { Environment } from "../cos/signing/credentials.ts";
import type { CreateHttp } from "../http/port/http.ts";
import type { Bucket } from "../objects/bucket.ts";
import type { OtherStore } from "../vocabulary/address.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { UserError } from "../vocabulary/errors.ts";
import type { Log } from "../vocabulary/log.ts";

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
  /** Where credentials are read, at each request. */
  readonly environment: Environment;
  /** At once. */
  readonly connections: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly createHttp: CreateHttp;
}

/** @throws UserError where the options don't fit the store */
export function openStore({ store }: OtherPlace, _options: StoreOptions): StoreClient {
  throw new UserError("InvalidAddress", `This version archives to COS alone, and not to ${store}:`);
}
