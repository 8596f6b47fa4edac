/** A probe of an embedded bucket: it finds the switches as they stand, and an emulator set up by what it found is found the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BucketClient, createBucketClient } from "../../../src/cos/client.ts";
import { staticCredentials } from "../../../src/credentials/credentials.ts";
import { defaultSwitches, type Emulator, type Switches, startEmulator } from "../../../src/emulator/emulator.ts";
import {
  type FindingName,
  findingNames,
  findingsSchema,
  likenessOf,
  type ProbeFinding,
} from "../../../src/emulator/faults/findings.ts";
import { listSamples, type Probed, probe } from "../../../src/run/inspect/probe.ts";
import { findingsOf } from "../../../src/run/inspect/probe-findings.ts";
import { costOfSamples } from "../../../src/run/inspect/probe-samples.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { quick, runs } from "../../setup/quick.ts";

const source = "photos-1250000000";
const archive = "archive-1250000000";
const credentials = { secretId: "AKIDprobetests", secretKey: "a-secret-of-these-tests" };
const MiB = 1024 * 1024;

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

const everything = ["summer cat.jpg", "holiday.png", "dog.webp", "CAT.JPG", "empty.jpg", "notes.txt"] as const;
function fill(keys: readonly string[], large = false) {
  const photos = emulator.bucket(source);
  for (const key of photos.keys()) photos.delete(key);
  for (const [at, key] of keys.entries()) {
    const bytes = Buffer.from(key.startsWith("empty") ? "" : `${key}'s very own bytes, ${"!".repeat(at)}`);
    photos.put(key, bytes, { "x-cos-meta-camera": "box" });
  }
  if (large) photos.put("large.png", Buffer.alloc(33 * MiB, 7));
}

function setUp(switches: Partial<Switches>, protect: readonly string[]) {
  emulator.turn({ ...defaultSwitches, ...switches });
  emulator.bucket(source).configure({ protect, acl: "private", slim: [] });
}

beforeEach(() => {
  fill(everything);
  setUp({}, ["jpg", "png"]);
});

const probed = (): Probed => ({
  bucket,
  prefix: "",
  copies: { bucket: ledger, ledger: { bucket: archive, region: "ap-guangzhou", prefix: "photos/.originals/" } },
  clock: systemClock,
  random: Math.random,
  warn: (sentence) => {
    throw new Error(sentence);
  },
});

async function find(): Promise<readonly ProbeFinding[]> {
  const { samples } = await listSamples(probed());
  return findingsOf(await probe(probed(), samples));
}

const documentOf = (findings: readonly ProbeFinding[]) =>
  JSON.stringify({ schema: findingsSchema, version: "0", findings });
const valuesOf = (findings: readonly ProbeFinding[]) =>
  Object.fromEntries(findings.map(({ switch: name, value }) => [name, value])) as Record<FindingName, unknown>;

/** Every switch that a probe can settle, turned the other way. */
const opposite = {
  suffixCaseSensitive: true,
  protectionStatusFor154: 404,
  protectionCode: "ImageProtected",
  protectionMessage: "This picture is behind a style.",
  protectionSendsErrNo: false,
  signedPlainGetOfProtected: "allow",
  headOfProtected: "refuse",
  styleParameter: "ignored",
  copyOfProtected: "refuse",
  anonymousOriginImage: "allow",
  originImageNamesRequest: "none",
  originImageSendsEtag: false,
  originImageSendsCrc64: false,
  originImageSendsMeta: false,
  originImageSendsLastModified: false,
  originImageSendsContentLength: false,
  originImageHonoursRange: false,
  originImageHonoursConditions: false,
  originImageHonoursVersionId: false,
  emptyOriginImage: "refuse",
  originImageOfOthers: "refuse",
  originImageMaxBytes: 32 * MiB,
  smartCompression: "plain",
} as const satisfies Partial<Switches>;

describe("a probe", () => {
  test("finds every default of the emulator", async () => {
    fill(everything, true);
    const found = valuesOf(await find());
    for (const name of findingNames) {
      if (name === "protect" || name === "placeholderSendsErrNo") continue;
      expect([name, found[name]]).toEqual([name, defaultSwitches[name]]);
    }
    expect(found.protect).toEqual({ status: "on", refused: ["jpg", "png"], served: ["webp"] });
    // No placeholder came, so nothing is known of it.
    expect(found.placeholderSendsErrNo).toBe(null);
  });

  test.skipIf(quick)("finds every switch that is turned, also where no HEAD tells what the image has", async () => {
    fill(everything, true);
    setUp(opposite, ["jpg"]);
    expect(valuesOf(await find())).toMatchObject(opposite);
    emulator.turn({ headOfProtected: "metadata" });
    expect(valuesOf(await find())).toMatchObject({ ...opposite, headOfProtected: "metadata" });
    emulator.turn({ headOfProtected: "refuse", signedPlainGetOfProtected: "refuse" });
    const found = await find();
    expect(valuesOf(found)).toMatchObject({ originImageSendsCrc64: null, originImageSendsMeta: null });
    expect(found.find((each) => each.switch === "originImageSendsMeta")?.unknown).toMatch(/nothing tells/);
  });

  test("understands a picture in a refusal's place, and a bucket that is bound no longer", async () => {
    setUp({ fourXxDisplay: "placeholder", placeholderSendsErrNo: false }, ["jpg"]);
    expect(valuesOf(await find())).toMatchObject({
      fourXxDisplay: "placeholder",
      placeholderSendsErrNo: false,
      protect: { status: "on", refused: ["jpg"], served: ["png", "webp"] },
      signedPlainGetOfProtected: "refuse",
      protectionStatusFor154: null,
      anonymousOriginImage: "refuse",
      originImageHonoursConditions: true,
    });
    setUp({ ciBound: false }, ["jpg"]);
    const unbound = await find();
    expect(valuesOf(unbound)).toMatchObject({ ciBound: false, originImageSendsEtag: null, emptyOriginImage: null });
    expect(unbound.find((each) => each.switch === "emptyOriginImage")?.unknown).toMatch(/did not bring the image/);
  });

  test("says why where there is nothing to try, and settles nothing by it", async () => {
    fill(["notes.txt"]);
    const found = await find();
    expect(found.map(({ switch: name }) => name)).toEqual(findingNames);
    const unknown = new Map(found.filter(({ value }) => value === null).map((each) => [each.switch, each.unknown]));
    expect(unknown.get("originImageMaxBytes")).toMatch(/^no image of more than 32 MB .* among the first 1 key$/);
    expect(unknown.get("headOfProtected")).toBe("no protected image was there to try");
    expect(unknown.get("originImageHonoursRange")).toBe("no image was there to try");
    expect(unknown.has("originImageOfOthers")).toBe(false);
  });

  test("writes nothing into the source, leaves nothing behind, and sends no more than it says", async () => {
    fill(everything, true);
    setUp({ headOfProtected: "refuse", copyOfProtected: "refuse", protectionSendsErrNo: false }, ["jpg"]);
    const before = emulator.bucket(source).keys();
    const { samples, lists } = await listSamples(probed());
    emulator.resetRequests();
    await probe(probed(), samples);
    const sent = Object.values(emulator.requests()).reduce((sum, count) => sum + count, 0);
    const { requests, bytes } = costOfSamples(samples, lists, true);
    expect(sent + lists).toBeLessThanOrEqual(requests);
    expect(bytes).toBeGreaterThan(33 * MiB);
    expect(emulator.bucket(source).keys()).toEqual(before);
    expect(emulator.bucket(archive).keys()).toEqual([]);
  });

  test("tells no name, key, id or account", async () => {
    setUp(
      { protectionMessage: `"summer cat.jpg" of ${source}.cos.ap-guangzhou.myqcloud.com is kept from 1250000000` },
      ["jpg"],
    );
    const text = documentOf(await find());
    for (const name of [...everything, "photos", "archive", "1250000000", "guangzhou", credentials.secretId, "_0000"]) {
      expect(text).not.toContain(name);
    }
    expect(text).toContain("is kept from …");
  });
});

describe("an emulator that is set up by findings", () => {
  const roundTrip = async () => {
    const found = await find();
    const { switches, protect = [] } = likenessOf(documentOf(found), "findings.json");
    setUp(switches, protect);
    const again = await find();
    // What could not be settled has the emulator's default from now on, which may be there to be found.
    const open = (name: FindingName) => found.find((each) => each.switch === name)?.value === null;
    const standard = (each: ProbeFinding) =>
      each.switch !== "protect" && each.value === defaultSwitches[each.switch] ? null : each.value;
    const settled = (all: readonly ProbeFinding[]) =>
      all.map((each) => (open(each.switch) ? { switch: each.switch, value: standard(each) } : each));
    expect(settled(again)).toEqual(settled(found));
  };
  test.skipIf(quick).each<[string, Partial<Switches>, readonly string[]]>([
    ["the defaults", {}, ["jpg", "png"]],
    ["all of it turned", opposite, ["jpg"]],
    ["a protection that nothing here shows", {}, ["gif"]],
    ["no protection, and slimmed replies", { smartCompression: "every" }, []],
    ["no binding", { ciBound: false }, ["jpg"]],
  ])("is found the same: %s", async (_, switches, protect) => {
    fill(everything, true);
    setUp(switches, protect);
    await roundTrip();
  });

  const anySwitches = fc.record(
    {
      ...Object.fromEntries(
        Object.entries(opposite)
          .filter(([name]) => name !== "originImageMaxBytes")
          .map(([name, value]) => [name, fc.constantFrom(value, defaultSwitches[name as keyof Switches])]),
      ),
      fourXxDisplay: fc.constantFrom("code", "placeholder"),
      placeholderSendsErrNo: fc.boolean(),
      smartCompression: fc.constantFrom("off", "plain", "every"),
      ciBound: fc.boolean(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Partial<Switches>>;
  test.skipIf(quick)("is found the same, whatever the switches are and whatever is there to try", async () => {
    const property = fc.asyncProperty(
      anySwitches,
      fc.subarray(["jpg", "png", "webp", "gif"]),
      fc.constantFrom<readonly string[]>(everything, ["holiday.png", "notes.txt"], ["empty.jpg", "notes.txt"], []),
      fc.constantFrom<readonly string[]>([], ["jpg", "png"]),
      async (switches, protect, keys, slim) => {
        fill(keys);
        setUp(switches, protect);
        emulator.bucket(source).configure({ slim });
        await roundTrip();
      },
    );
    await fc.assert(property, { numRuns: runs(60) });
  });

  test("is not begun by what is no such document, or holds what can't be", () => {
    const of = (text: string) => () => likenessOf(text, "f.json");
    expect(of("{")).toThrow(/"f.json" can't be used: it is no JSON/);
    expect(of('{"schema":"cos-originals/doctor@1","findings":[]}')).toThrow(/no document cos-originals\/findings@1/);
    expect(of(JSON.stringify({ schema: findingsSchema, findings: [{ switch: "ciBound", value: "yes" }] }))).toThrow(
      /"ciBound" has the value/,
    );
    const newer = { switch: "whatComes", value: 1 };
    const like = likenessOf(JSON.stringify({ schema: findingsSchema, more: 1, findings: [newer] }), "f.json");
    expect(like).toEqual({ switches: {}, passedOver: ["whatComes"] });
  });
});
