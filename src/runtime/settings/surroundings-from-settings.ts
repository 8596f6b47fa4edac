/** The real world, as the settings describe it: clients, credentials, clock, chance, log. */

import type { Settings } from "../../config/read.ts";
import { type BucketClient, createBucketClient } from "../../cos/client.ts";
import { checkSecretId } from "../../cos/signing/signature.ts";
import { awsEnvironmentCredentials } from "../../credentials/aws-environment.ts";
import type { CredentialsProvider, Environment } from "../../credentials/credentials.ts";
import { environmentCredentials } from "../../credentials/environment.ts";
import { openSink } from "../../events/open-sink.ts";
import { closedSink, type Sink } from "../../events/sink.ts";
import { httpOf } from "../../http/of-environment.ts";
import type { CreateHttp } from "../../http/port/http.ts";
import { targetName } from "../../policy/event-target.ts";
import type { BucketPlace, Role, Surroundings } from "../../run/surroundings/surroundings.ts";
import { processIdentity } from "../../run/surroundings/worker-identity.ts";
import { type OtherPlace, openStore, type StoreClient } from "../../stores/open.ts";
import { type OtherStore, otherStores, readAddress } from "../../vocabulary/address.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";

import { allowedTargetsOf, allowListOf } from "./allow-list.ts";
import { foundOfSource } from "./findings.ts";
import { languageSaid } from "./language.ts";
import { pricesOf } from "./prices.ts";
import { secretSigners } from "./secret-signers.ts";
import { workLimits } from "./work-limits.ts";

/** Surroundings with connections in them, to be closed. */
export interface OpenedSurroundings extends Surroundings {
  /** As in Surroundings; these clients can also be closed, and those of COS protect. */
  readonly open: OpenBucket;
  /**
   * Can requests be signed at all? For who waits for work: a message would be the first to find out. Asks nobody whether they are good.
   * Throws UserError `MissingCredentials`, which names the variables, or `MalformedSecretId`; where they have to be looked up it rejects so.
   */
  checkCredentials(): Promise<void> | undefined;
  /** Closes every connection; what is still in flight fails. */
  close(): Promise<void>;
}

/** Opens a bucket; originals, and manifests, are in COS. */
export interface OpenBucket {
  (role: "source" | "manifest", place: BucketPlace): BucketClient;
  (role: Role, place: BucketPlace): StoreClient;
}

/** Who signs what. */
export interface Signers {
  /** For COS: the source, and a manifest in a bucket. */
  readonly source?: CredentialsProvider | undefined;
  /** For COS: archive and ledger. */
  readonly archive?: CredentialsProvider | undefined;
  /** For S3. */
  readonly aws?: CredentialsProvider | undefined;
}

/** All of them. */
export interface AllSigners extends Signers {
  readonly source: CredentialsProvider;
  readonly archive: CredentialsProvider;
  readonly aws: CredentialsProvider;
}

/** Environment, clock, chance and log of a process. */
export interface World {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Who signs. Default, of each: the environment's credentials. */
  readonly credentials?: Signers | undefined;
  /** What sends the requests. Default: connections of our own, and undici's where the environment names a proxy. */
  readonly createHttp?: CreateHttp | undefined;
  /** How many files the process may have open at once. Default: what the system says. */
  readonly openFiles?: number | undefined;
  /** Bytes of memory that the process may use. Default: what its function, its container or its machine has. */
  readonly memory?: number | undefined;
}

const FEWER_AT_ONCE =
  "Fewer originals are under way at once than the setting says, as this process may open no more files and connections (ulimit -n).";
const FEWER_FED =
  "Fewer originals are under way at once than the setting says, as the bytes of --bwlimit would come too seldom to each: services end uploads that stand still.";

/** Ledger objects are small and few beside the originals. */
const ledgerConnections = 16;

/**
 * The real world, as the settings describe it: one client a role and bucket, opened at first use. Credentials are read from the
 * environment at each request, since a function's process outlives its keys: ORIGINALS_ARCHIVE_* for archive and ledger, where they are
 * set. `open` throws what createBucketClient throws.
 *
 * @example
 * ```ts
 * import { jsonLog, readSettings, surroundingsFromSettings, systemClock } from "cos-originals";
 *
 * const world = { environment: process.env, clock: systemClock, random: Math.random, log: jsonLog() };
 * const surroundings = surroundingsFromSettings(readSettings({ environment: process.env }), world);
 * const photos = surroundings.open("source", { bucket: "photos-1250000000", region: "ap-guangzhou" });
 * const { objects } = await photos.list({ prefix: "2026/" });
 * console.log(objects.map(({ key }) => key)); // prints [ '2026/picture.jpg' ]
 * await surroundings.close();
 * ```
 */
export function surroundingsFromSettings(settings: Pick<Settings, "values">, world: World): OpenedSurroundings {
  const { values } = settings;
  const { rate, maxInstances, allowHttp } = values;
  const limits = workLimits(values, world);
  const { concurrency } = limits.settings;
  let isTold = limits.fewer === undefined;
  const ofCos = new Map<string, BucketClient>();
  const ofOthers = new Map<string, StoreClient>();
  const sinks = new Map<string, Sink>();
  const createHttp = world.createHttp ?? httpOf(world.environment);
  const aws = world.credentials?.aws ?? awsEnvironmentCredentials(world.environment);
  const named = secretSigners(values, { ...world, credentials: aws, createHttp });
  const credentials = {
    source: world.credentials?.source ?? named.source ?? environmentCredentials(world.environment, "TENCENTCLOUD"),
    archive:
      world.credentials?.archive ?? named.archive ?? environmentCredentials(world.environment, "ORIGINALS_ARCHIVE"),
    aws,
  };
  const archiveEndpoint = (store: OtherStore | undefined) =>
    isOfArchive(store, values) ? values.archiveEndpoint : undefined;
  const endpoints = {
    source: values.sourceEndpoint ?? values.endpoint,
    archive: archiveEndpoint(undefined) ?? values.endpoint,
  };
  const connections: Record<Role, number> = {
    // A task holds a GET open while it waits for its HEAD of the same bucket: with one connection a task, all of them could
    // be held by GETs that wait for HEADs that wait for a connection.
    source: 2 * concurrency,
    archive: concurrency,
    ledger: ledgerConnections,
    manifest: ledgerConnections,
  };

  const cosClient = (role: Role, { bucket, region }: BucketPlace): BucketClient => {
    const account = role === "source" || role === "manifest" ? "source" : "archive";
    return createBucketClient({
      bucket,
      region,
      endpoint: endpoints[account],
      allowHttp,
      credentials: credentials[account],
      connections: connections[role],
      clock: world.clock,
      log: world.log,
      createHttp,
    });
  };
  const otherClient = (role: Role, place: OtherPlace): StoreClient =>
    openStore(place, {
      endpoint: archiveEndpoint(place.store),
      allowHttp,
      environment: world.environment,
      credentials: credentials.aws,
      connections: connections[role],
      clock: world.clock,
      random: world.random,
      log: world.log,
      createHttp,
    });
  /** What can't be dialled takes nothing, and says why; who begins a run is told before (checkTargets). */
  const sinkFor = (target: string, setting: string): Sink => {
    const { environment, clock, random, log } = world;
    try {
      const signers = { aws: world.credentials?.aws, tencent: world.credentials?.source };
      return openSink(target, { environment, signers, createHttp, allowHttp, clock, random, log, setting });
    } catch (thrown) {
      return closedSink(targetName(target), ensureError(thrown).message.replace(/\.$/, ""));
    }
  };
  const kept = <Client extends StoreClient>(
    opened: Map<string, Client>,
    role: Role,
    place: BucketPlace,
    open: () => Client,
  ) => {
    // Roles have connections of their own. A folder has none, and as one store it is opened, looked at and warned of once.
    const by = place.store === "file" ? "all" : role;
    const name = `${by} ${place.store ?? "cos"} ${place.region} ${place.bucket}`;
    const known = opened.get(name);
    if (known !== undefined) return known;
    const client = open();
    opened.set(name, client);
    return client;
  };
  function open(role: "source" | "manifest", place: BucketPlace): BucketClient;
  function open(role: Role, place: BucketPlace): StoreClient;
  function open(role: Role, place: BucketPlace): StoreClient {
    const { store } = place;
    // Who opens no source has no originals under way, however many were asked for.
    if (role === "source" && !isTold) {
      isTold = true;
      world.log.warn(limits.fewer?.bandwidth === undefined ? FEWER_AT_ONCE : FEWER_FED, { ...limits.fewer });
    }
    return store === undefined
      ? kept(ofCos, role, place, () => cosClient(role, place))
      : kept(ofOthers, role, place, () => otherClient(role, { ...place, store }));
  }

  return {
    clock: world.clock,
    random: world.random,
    log: world.log,
    worker: processIdentity(),
    settings: {
      ...limits.settings,
      rate: rate === undefined ? undefined : rate / maxInstances,
      prices: pricesOf({ values }),
      language: languageSaid(settings, world.environment),
      maxInstances,
      found: foundOfSource(settings),
      allow: allowListOf(settings),
      allowTargets: allowedTargetsOf(settings),
      notify: values.notify,
    },
    open,
    openSink(role, target) {
      const known = sinks.get(target);
      if (known !== undefined) return known;
      const sink = sinkFor(target, `--${role}`);
      sinks.set(target, sink);
      return sink;
    },
    checkCredentials() {
      const signers = [
        credentials.source,
        credentials.archive,
        ...(storesOf(values).has("s3") ? [credentials.aws] : []),
      ];
      const lookedUp = signers.flatMap((signer) => {
        const given = signer.get();
        if (given instanceof Promise) return [given.then(checkSecretId)];
        checkSecretId(given);
        return [];
      });
      return lookedUp.length === 0 ? undefined : Promise.all(lookedUp).then(() => undefined);
    },
    async close() {
      const clients = [...ofCos.values(), ...ofOthers.values(), ...sinks.values()];
      ofCos.clear();
      ofOthers.clear();
      sinks.clear();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** What archive and ledger are in beside COS. */
function storesOf({ archive, ledger }: Settings["values"]): ReadonlySet<OtherStore> {
  const read = [archive, ledger].flatMap((text) => readAddress(text ?? "", otherStores));
  return new Set(read.flatMap((address) => ("fault" in address ? [] : (address.store ?? []))));
}

/** Is --archive-endpoint said of this store? Of the archive's, where the ledger is in another. */
function isOfArchive(store: OtherStore | undefined, { archive, ledger }: Settings["values"]): boolean {
  const address = archive ?? ledger;
  const read = address === undefined ? undefined : readAddress(address, ["cos", ...otherStores]);
  return read === undefined || "fault" in read || read.store === store;
}
