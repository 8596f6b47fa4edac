/**
 * An embedded COS with Original Image Protection: buckets on disk behind the XML API, strict signatures, and every
 * doubtful behaviour of the real service a switch (switches.ts). For local runs, demos and tests; the disk is the
 * truth, so an emulator killed at any moment starts again with every object whole.
 */

import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { type Clock, systemClock } from "../vocabulary/clock.ts";
import { quote, UserError } from "../vocabulary/errors.ts";
import { type Log, silentLog } from "../vocabulary/log.ts";
import { createFaults, type Faults } from "./faults/fault-plans.ts";
import type { Operation } from "./faults/operation.ts";
import { defaultSwitches, type Switches, turn } from "./faults/switches.ts";
import type { ServedRequest } from "./handle-request.ts";
import {
  type BucketControl,
  type BucketOptions,
  controlBucket,
  newBucketSettings,
} from "./operations/bucket-control.ts";
import { createAuthorize, type EmulatorCredentials } from "./protocol/authorize.ts";
import { createIdentify } from "./protocol/identify.ts";
import { createCosServer } from "./server.ts";
import { findBucket, makeBucket } from "./store/bucket.ts";
import { openStore } from "./store/store.ts";

export type { Fault, FaultableRequest, FaultPlan, Faults } from "./faults/fault-plans.ts";
export type { Operation } from "./faults/operation.ts";
export { defaultSwitches, type Switches } from "./faults/switches.ts";
export type { ServedRequest } from "./handle-request.ts";
export type { BucketControl, BucketOptions, StoredObject } from "./operations/bucket-control.ts";
export type { EmulatorCredentials } from "./protocol/authorize.ts";

/** Where the emulator listens, where its data lies, and whose signatures it takes. */
export interface EmulatorOptions {
  /** 0, the default: one that is free. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Made where there is none; one emulator at a time. */
  readonly dataDir: string;
  /** Made where there are none; settings given here are set on those that exist. */
  readonly buckets?: readonly BucketOptions[];
  readonly credentials: readonly EmulatorCredentials[];
  readonly switches?: Partial<Switches>;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Told of every request when its status is known. */
  readonly onServed?: (served: ServedRequest) => void;
}

/** A running emulator: where it is reached, and what a program may do with it beside HTTP. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`: an endpoint for path addressing, and a proxy under which any COS host name is served. */
  readonly url: string;
  readonly port: number;
  /** Opens the bucket, made where there is none. */
  createBucket(options: BucketOptions): BucketControl;
  /** A UserError NoSuchBucket where there is none. */
  bucket(name: string): BucketControl;
  readonly faults: Faults;
  readonly switches: Switches;
  turn(changes: Partial<Switches>): void;
  /** Replaces all credentials, for requests from now on. */
  setCredentials(credentials: readonly EmulatorCredentials[]): void;
  /** Requests so far by type, whatever became of them. */
  requests(): Record<Operation, number>;
  resetRequests(): void;
  /** Stops listening, lets what is in flight end for at most a second, ends all connections, frees the data directory. */
  close(): Promise<void>;
}

const GRACE_MS = 1000;

/**
 * Starts an embedded COS with Original Image Protection: buckets on disk behind the XML API, strict signatures, and every doubtful
 * behaviour of the service a switch. For local runs, demos and tests; it does not model permissions.
 *
 * @throws UserError `DataDirInUse`, `DataDirUnreadable`, `InvalidBucketName`, `InvalidProtection`, `UnknownSwitch`, `PortInUse`
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { startEmulator } from "cos-originals";
 *
 * const emulator = await startEmulator({
 *   dataDir: await mkdtemp(join(tmpdir(), "cos-")),
 *   credentials: [{ secretId: "AKIDexample", secretKey: "example-key" }],
 *   buckets: [{ name: "photos-1250000000", protect: ["jpg", "png"] }],
 * });
 * emulator.bucket("photos-1250000000").put("picture.jpg", Buffer.from("an original"));
 *
 * // Any client may dial it: here without a signature, and so refused.
 * const { status } = await fetch(`${emulator.url}/photos-1250000000/picture.jpg`);
 * console.log(status, emulator.bucket("photos-1250000000").keys()); // prints 403 [ 'picture.jpg' ]
 * await emulator.close();
 * ```
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { host = "127.0.0.1", clock = systemClock, log = silentLog } = options;
  let switches = turn(defaultSwitches, options.switches ?? {});
  let { credentials } = options;
  const closing = new AbortController();
  // Every delayed request listens to it, and Node would warn of a leak.
  setMaxListeners(0, closing.signal);
  const faults = createFaults();
  const store = openStore(resolve(options.dataDir));
  const surroundings = () => ({ now: clock.now(), switches, newId: () => randomBytes(14).toString("hex") });

  function createBucket(bucketOptions: BucketOptions): BucketControl {
    const settings = newBucketSettings(bucketOptions, clock.now());
    const known = findBucket(store, bucketOptions.name);
    const control = controlBucket(known ?? makeBucket(store, bucketOptions.name, settings), surroundings);
    if (known) control.configure(bucketOptions);
    return control;
  }

  try {
    for (const bucket of options.buckets ?? []) createBucket(bucket);
    const { server, counts } = createCosServer({
      store,
      authorize: createAuthorize(() => credentials),
      identify: createIdentify(),
      switches: () => switches,
      faults,
      clock,
      log,
      closing: closing.signal,
      onServed: options.onServed,
    });
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen(options.port ?? 0, host, listening);
    });
    const { port } = server.address() as AddressInfo;
    let closed: Promise<void> | undefined;

    return {
      url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
      port,
      createBucket,
      bucket(name) {
        const known = findBucket(store, name);
        if (!known) throw new UserError("NoSuchBucket", `The emulator has no bucket ${quote(name)}; create it first.`);
        return controlBucket(known, surroundings);
      },
      faults,
      get switches() {
        return switches;
      },
      turn(changes) {
        switches = turn(switches, changes);
      },
      setCredentials(next) {
        credentials = next;
      },
      requests: () => ({ ...counts }),
      resetRequests() {
        for (const operation of Object.keys(counts) as Operation[]) counts[operation] = 0;
      },
      close() {
        closed ??= new Promise((done) => {
          closing.abort();
          const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
          server.close(() => {
            clearTimeout(grace);
            store.close();
            done();
          });
          server.closeIdleConnections();
        });
        return closed;
      },
    };
  } catch (error) {
    store.close();
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
      const message = `The emulator cannot listen on ${host}:${options.port}: the port is in use; name another, or 0 for any.`;
      throw new UserError("PortInUse", message, { cause: error });
    }
    throw error;
  }
}
