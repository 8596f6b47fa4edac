/** A probe of an embedded bucket: it finds the switches as they stand, and an emulator set up by what it found is found the same. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { defaultSwitches, type Switches } from "../../../../src/emulator/emulator.ts";
import {
  type FindingName,
  findingNames,
  findingsSchema,
  likenessOf,
  type ProbeFinding,
} from "../../../../src/emulator/faults/findings.ts";
import { listSamples, probe } from "../../../../src/run/inspect/probe/probe.ts";
import { costOfSamples } from "../../../../src/run/inspect/probe/samples.ts";
import { quick, runs } from "../../../setup/quick.ts";
import { archive, credentials, everything, MiB, probedBuckets, source, valuesOf, whysOf } from "./probed-buckets.ts";

const buckets = probedBuckets();
const { fill, setUp, find, probed } = buckets;

beforeEach(() => {
  fill(everything);
  setUp({}, ["jpg", "png"]);
});

const documentOf = (findings: readonly ProbeFinding[]) =>
  JSON.stringify({ schema: findingsSchema, version: "0", findings });
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
    buckets.emulator.turn({ headOfProtected: "metadata" });
    expect(valuesOf(await find())).toMatchObject({ ...opposite, headOfProtected: "metadata" });
    buckets.emulator.turn({ headOfProtected: "refuse", signedPlainGetOfProtected: "refuse" });
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
    const unknown = whysOf(found);
    expect(unknown.get("originImageMaxBytes")).toMatch(/^no image of more than 32 MB .* among the first 1 key$/);
    expect(unknown.get("headOfProtected")).toBe("no protected image was there to try");
    expect(unknown.get("originImageHonoursRange")).toBe("no image was there to try");
    expect(unknown.has("originImageOfOthers")).toBe(false);
  });

  test("writes nothing into the source, leaves nothing behind, and sends no more than it says", async () => {
    fill(everything, true);
    setUp({ headOfProtected: "refuse", copyOfProtected: "refuse", protectionSendsErrNo: false }, ["jpg"]);
    const before = buckets.emulator.bucket(source).keys();
    const { samples, sent: listed } = await listSamples(probed());
    buckets.emulator.resetRequests();
    await probe(probed(), samples);
    const sent = Object.values(buckets.emulator.requests()).reduce((sum, count) => sum + count, 0);
    const { requests, bytes } = costOfSamples(samples, listed, true);
    expect(sent + listed).toBeLessThanOrEqual(requests);
    expect(bytes).toBeGreaterThan(33 * MiB);
    expect(buckets.emulator.bucket(source).keys()).toEqual(before);
    expect(buckets.emulator.bucket(archive).keys()).toEqual([]);
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
        buckets.emulator.bucket(source).configure({ slim });
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
    expect(of('{"schema":"cos-originals/doctor@1","findings":[]}')).toThrow(
      /, but "cos-originals\/doctor@1"; give what/,
    );
    expect(of('{"schema":"cos-originals/findings@2","findings":[]}')).toThrow(
      /a later version of cos-originals made it/,
    );
    expect(of(JSON.stringify({ schema: findingsSchema, findings: [1] }))).toThrow(/whose findings are none/);
    const twice = ["yes", "no"].map((value) => ({ switch: "whatComes", value }));
    expect(of(JSON.stringify({ schema: findingsSchema, findings: twice }))).toThrow(/tells of "whatComes" twice/);
    for (const [name, value] of [
      ["protectionCode", "<Code>"],
      ["protectionMessage", "a\u0000b"],
      ["protectionMessage", "a\u001b[2J"],
      ["protectionStatusFor154", 200],
      ["originImageMaxBytes", -1],
      ["protect", { status: "on", refused: ["exe"], served: [] }],
      ["ciBound", [[[]]]],
    ] as const) {
      const hostile = JSON.stringify({ schema: findingsSchema, findings: [{ switch: name, value }] });
      expect(of(hostile), name).toThrow(new RegExp(`"${name}" has the value`));
    }
    const newer = { switch: "whatComes", value: 1 };
    const like = likenessOf(JSON.stringify({ schema: findingsSchema, more: 1, findings: [newer] }), "f.json");
    expect(like).toEqual({ switches: {}, passedOver: ["whatComes"] });
  });
});
