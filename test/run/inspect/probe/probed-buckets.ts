/** An embedded bucket that is probed, with a second one for the ledger. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type BucketClient, createBucketClient } from "../../../../src/cos/client.ts";
import { staticCredentials } from "../../../../src/credentials/credentials.ts";
import { defaultSwitches, type Emulator, type Switches, startEmulator } from "../../../../src/emulator/emulator.ts";
import type { FindingName, ProbeFinding } from "../../../../src/emulator/faults/findings.ts";
import { findingsOf } from "../../../../src/run/inspect/probe/findings.ts";
import { listSamples, type Probing, probe } from "../../../../src/run/inspect/probe/probe.ts";
import type { Probed } from "../../../../src/run/inspect/probe/probed.ts";
import { systemClock } from "../../../../src/vocabulary/clock.ts";

export const source = "photos-1250000000";
export const archive = "archive-1250000000";
export const credentials = { secretId: "AKIDprobetests", secretKey: "a-secret-of-these-tests" };
export const MiB = 1024 * 1024;
export const everything = ["summer cat.jpg", "holiday.png", "dog.webp", "CAT.JPG", "empty.jpg", "notes.txt"] as const;

export interface ProbedBuckets {
  readonly emulator: Emulator;
  readonly source: BucketClient;
  readonly ledger: BucketClient;
  fill(keys: readonly string[], large?: boolean): void;
  setUp(switches: Partial<Switches>, protect: readonly string[]): void;
  probed(more?: Partial<Probed>): Probed;
  probing(more?: Partial<Probed>, key?: string): Promise<Probing>;
  find(more?: Partial<Probed>, key?: string): Promise<readonly ProbeFinding[]>;
}

/** Of the tests of one file. */
export function probedBuckets(): ProbedBuckets {
  let folder: string;
  let emulator: Emulator;
  let bucket: BucketClient;
  let ledger: BucketClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "probe-"));
    const buckets = [{ name: source }, { name: archive }];
    emulator = await startEmulator({ dataDir: join(folder, "cos"), credentials: [credentials], buckets });
    const client = (name: string) =>
      createBucketClient({
        bucket: name,
        region: "ap-guangzhou",
        endpoint: emulator.url,
        credentials: staticCredentials(credentials),
        clock: systemClock,
      });
    [bucket, ledger] = [client(source), client(archive)];
  });
  afterAll(async () => {
    await bucket.close();
    await ledger.close();
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const probed = (more: Partial<Probed> = {}): Probed => ({
    bucket,
    prefix: "",
    copies: { bucket: ledger, ledger: { bucket: archive, region: "ap-guangzhou", prefix: "photos/.originals/" } },
    // What is asked again is asked at once.
    clock: { now: Date.now, sleep: async () => {} },
    random: Math.random,
    leftBehind: (sentence) => {
      throw new Error(sentence);
    },
    ...more,
  });
  const probing = async (more: Partial<Probed> = {}, key?: string) => {
    const { samples } = await listSamples(probed(more), key);
    return probe(probed(more), samples);
  };
  return {
    get emulator() {
      return emulator;
    },
    get source() {
      return bucket;
    },
    get ledger() {
      return ledger;
    },
    fill(keys, large = false) {
      const photos = emulator.bucket(source);
      for (const key of photos.keys()) photos.delete(key);
      for (const [at, key] of keys.entries()) {
        const bytes = Buffer.from(key.startsWith("empty") ? "" : `${key}'s very own bytes, ${"!".repeat(at)}`);
        photos.put(key, bytes, { "x-cos-meta-camera": "box" });
      }
      if (large) photos.put("large.png", Buffer.alloc(33 * MiB, 7));
    },
    setUp(switches, protect) {
      emulator.faults.clear();
      emulator.turn({ ...defaultSwitches, ...switches });
      emulator.bucket(source).configure({ protect, acl: "private", slim: [] });
    },
    probed,
    probing,
    find: async (more, key) => findingsOf((await probing(more, key)).replies),
  };
}

export const valuesOf = (findings: readonly ProbeFinding[]) =>
  Object.fromEntries(findings.map(({ switch: name, value }) => [name, value])) as Record<FindingName, unknown>;
export const whysOf = (findings: readonly ProbeFinding[]) =>
  new Map(findings.filter(({ value }) => value === null).map((each) => [each.switch, each.unknown]));
