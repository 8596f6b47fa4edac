/** A probe of buckets that don't let it: refusals for another reason than what was asked are taken for no answer, and nothing stays behind. */
import { ulid } from "ulid";
import { beforeEach, describe, expect, test } from "vitest";
import type { Fault, FaultableRequest } from "../../../../src/emulator/faults/fault-plans.ts";
import { archive, everything, probedBuckets, source, valuesOf, whysOf } from "./probed-buckets.ts";

const buckets = probedBuckets();
const { fill, setUp, find, probing } = buckets;

beforeEach(() => {
  fill(everything);
  setUp({}, ["jpg", "png"]);
  const ledger = buckets.emulator.bucket(archive);
  for (const key of ledger.keys()) ledger.delete(key);
  buckets.emulator.resetRequests();
});

const denied: Fault = { kind: "error", code: "AccessDenied" };
const isSigned = ({ headers }: FaultableRequest) => headers.authorization !== undefined;
const wrong = (fault: Fault, when: (request: FaultableRequest) => boolean) =>
  buckets.emulator.faults.use((request) => (when(request) ? fault : undefined));
const sent = () => Object.values(buckets.emulator.requests()).reduce((sum, count) => sum + count, 0);

describe("what is refused for another reason is no answer to what was asked", () => {
  // Each was "heeded", "refuse" or a limit of 32 MB: all that a refusal could be taken for.
  test.each([
    ["temporary keys that end in the middle", { kind: "error", code: "ExpiredToken" }],
    ["the same, printed as a message", { kind: "error", code: "AccessDenied", message: "InvalidAccessKeyId" }],
    ["an account that is overdue", { kind: "error", code: "AccessDenied", headers: { "x-errno": "-162" } }],
  ] as const)("%s: nothing more is asked, and what was told by then stands", async (_, fault) => {
    const stop = wrong(
      fault,
      ({ query, ...request }) => isSigned({ query, ...request }) && query.some(([name]) => name === "style"),
    );
    const { replies, refused } = await probing();
    expect(refused).toMatch(/ExpiredToken|InvalidAccessKeyId|X-ErrNo -162/);
    const requests = buckets.emulator.requests();
    expect(requests).toMatchObject({ "object.styled": 1, "object.copy": 0, "object.original": 2 });
    expect(replies.image?.part).toEqual({ unanswered: expect.stringContaining("refused meanwhile") });
    stop();
    const found = await find();
    expect(valuesOf(found).originImageHonoursRange).toBe(true);
  });

  test("throttling, a clock that is off, a gateway that fails or answers with a page", async () => {
    for (const fault of [
      { kind: "error", code: "SlowDown", status: 403 },
      { kind: "error", code: "AccessDenied", message: "Request has expired" },
      { kind: "error", code: "AccessDenied", headers: { "x-errno": "-29214" } },
      { kind: "error", code: "Nobody", status: 429 },
      // A proxy that takes a signed header away.
      { kind: "error", code: "SignatureDoesNotMatch" },
      { kind: "error", code: "AccessDenied", message: "SignatureDoesNotMatch." },
      [{ kind: "placeholder" }, { kind: "headers", set: { "x-cos-request-id": null, "content-type": "text/html" } }],
    ] as const) {
      buckets.emulator.faults.clear();
      buckets.emulator.faults.use((request) =>
        request.query.some(([name]) => name === "versionId") || request.headers["if-match"] !== undefined
          ? fault
          : undefined,
      );
      expect(valuesOf(await find()), JSON.stringify(fault)).toMatchObject({
        originImageHonoursVersionId: null,
        originImageHonoursConditions: null,
        originImageHonoursRange: true,
      });
    }
  });

  test("originals may not be read at all: that is no protection, nor what a style does", async () => {
    setUp({}, []);
    // So that each suffix is asked for.
    wrong(denied, ({ operation }) => operation === "protection.get");
    wrong(denied, (request) => isSigned(request) && request.method === "GET" && request.key !== "");
    const found = await find();
    expect(valuesOf(found)).toMatchObject({
      protect: null,
      signedPlainGetOfProtected: null,
      protectionCode: null,
      styleParameter: null,
      suffixCaseSensitive: null,
      originImageHonoursRange: null,
    });
    expect(whysOf(found).get("styleParameter")).toMatch(/cos:GetObject/);
  });

  test("the protection is told by its number, whatever whoever may not read is told", async () => {
    wrong(denied, (request) => isSigned(request) && request.method === "GET" && request.key !== "");
    expect(valuesOf(await find())).toMatchObject({
      protect: { status: "on", refused: ["jpg", "png"], served: [] },
      protectionMessage: "The image can not be accessed, please use style.",
      signedPlainGetOfProtected: null,
    });
  });

  test.each([
    ["forbidden by a policy", { code: "AccessDenied" }],
    ["deleted since they were listed", { code: "NoSuchKey" }],
    ["in an archive class since then", { code: "InvalidObjectState" }],
  ])("objects that are tried for one question alone, %s", async (_, { code }) => {
    const fault: Fault = { kind: "error", code };
    wrong(fault, ({ key, operation }) => operation === "object.original" && /^(?:empty|notes)/.test(key));
    expect(valuesOf(await find())).toMatchObject({ emptyOriginImage: null, originImageOfOthers: null });
  });

  test("an image that went into an archive class in a bucket that anybody may read is none that is protected", async () => {
    setUp({}, ["png"]);
    buckets.emulator.bucket(source).configure({ acl: "public-read" });
    wrong({ kind: "error", code: "InvalidObjectState" }, ({ key }) => key === "summer cat.jpg");
    expect(valuesOf(await find()).protect).toEqual({ status: "on", refused: ["png"], served: ["webp"] });
  });

  test("headers that something between takes away are not taken for the service's ways", async () => {
    const set = { "x-cos-request-id": null, "x-errno": null, "last-modified": null };
    // The listing is refused without its mark, so only what is about keys lacks it.
    wrong({ kind: "headers", set }, ({ key }) => key !== "");
    expect(valuesOf(await find())).toMatchObject({
      originImageNamesRequest: null,
      originImageSendsLastModified: null,
      originImageSendsEtag: true,
      protectionSendsErrNo: null,
      signedPlainGetOfProtected: "refuse",
    });
  });
});

describe("what can be tried", () => {
  test("names in upper case, as cameras write them, are images where there are no others", async () => {
    fill(["DSC_1.JPG", "notes.txt"]);
    expect(valuesOf(await find())).toMatchObject({
      protect: { status: "on", refused: ["jpg"], served: [] },
      suffixCaseSensitive: false,
      headOfProtected: "metadata",
      copyOfProtected: "allow",
    });
    setUp({ suffixCaseSensitive: true }, ["jpg"]);
    expect(valuesOf(await find())).toMatchObject({
      protect: { status: "on", refused: [], served: [] },
      suffixCaseSensitive: null,
      originImageHonoursRange: true,
    });
  });

  test("one key that is named, where nothing may be listed; without it that is what is asked for", async () => {
    wrong(denied, ({ operation }) => operation === "bucket.list");
    await expect(find()).rejects.toThrow(/may not be listed \(cos:GetBucket\).*name an image with --key/);
    expect(valuesOf(await find({}, "holiday.png"))).toMatchObject({
      protect: { status: "on", refused: ["png"], served: [] },
      headOfProtected: "metadata",
      originImageHonoursRange: true,
      copyOfProtected: "allow",
      emptyOriginImage: null,
    });
  });

  test("nothing is asked that an earlier answer settles, or makes vain", async () => {
    setUp({}, []);
    await find();
    // One image's plain GETs, no copy, and no word of a binding that works.
    expect(buckets.emulator.requests()).toMatchObject({ "object.copy": 0, "ci.status": 0, "object.get": 4 });
    expect(sent()).toBeLessThanOrEqual(18);
    setUp({ ciBound: false }, ["jpg", "png"]);
    buckets.emulator.resetRequests();
    await find();
    expect(buckets.emulator.requests()).toMatchObject({ "object.original": 2, "ci.status": 1 });
  });
});

describe("nothing stays behind", () => {
  const left = async () => {
    const { versions } = await buckets.ledger.listVersions!({});
    return [...versions.map(({ key }) => key), ...buckets.emulator.bucket(archive).keys()];
  };

  test("no copy is made where it could not be deleted again", async () => {
    wrong(denied, ({ operation, bucket }) => operation === "object.delete" && bucket === archive);
    expect(whysOf(await find()).get("copyOfProtected")).toMatch(/could not be deleted again \(cos:DeleteObject\)/);
    expect(buckets.emulator.requests()["object.copy"]).toBe(0);
    expect(await left()).toEqual([]);
  });

  test("nor in a bucket that keeps versions, or once did: neither a version nor a delete marker", async () => {
    for (const versioning of ["Enabled", "Suspended"] as const) {
      buckets.emulator.bucket(archive).configure({ versioning });
      expect(valuesOf(await find()).copyOfProtected).toBe("allow");
      expect(await left(), versioning).toEqual([]);
    }
  });

  test("nor where it is interrupted while the copy is made, or its reply never comes", async () => {
    const stop = new AbortController();
    wrong({ kind: "reset", when: "after" }, ({ operation }) => {
      if (operation === "object.copy") stop.abort();
      return operation === "object.copy";
    });
    const held: (string | undefined)[] = [];
    const found = await find({ signal: stop.signal, holdsCopy: (key) => held.push(key) });
    expect(buckets.emulator.requests()["object.copy"]).toBeGreaterThan(0);
    // Whoever ends it at once can say what may be left.
    expect(held).toEqual([expect.stringContaining("/probe/"), undefined]);
    expect(await left()).toEqual([]);
    expect(whysOf(found).get("emptyOriginImage")).toBe("it was interrupted");
  });

  test("what a probe that was killed left there is deleted by the next, what another is at work on is not", async () => {
    const ledger = buckets.emulator.bucket(archive);
    const key = (hours: number) => `photos/.originals/probe/${ulid(Date.now() - hours * 3_600_000)}`;
    const [old, young, foreign] = [key(2), key(0), "photos/.originals/probe/somebody's"];
    for (const each of [old, young, foreign]) ledger.put(each, Buffer.from("a copy"));
    await find();
    expect(ledger.keys().sort()).toEqual([young, foreign].sort());
  });

  test("and where something does, that is said, with its name", async () => {
    const said: string[] = [];
    let deletes = 0;
    wrong(denied, ({ operation }) => operation === "object.delete" && ++deletes > 1);
    await find({ leftBehind: (sentence) => said.push(sentence) });
    expect(said).toEqual([
      expect.stringMatching(
        /^A copy was left behind as "photos\/\.originals\/probe\/\w+" in the bucket archive-\d+: deleting it was refused \(AccessDenied\); delete it\.$/,
      ),
    ]);
  });
});
