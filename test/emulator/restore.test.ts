/** What lies in an archive class is restored: for how long that takes, for how long it lasts, and what is refused. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lab, openLab, photos } from "./lab.ts";

const HOUR = 3_600_000;
let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
beforeEach(() => lab.emulator.turn({ restoreSeconds: null }));

const bucket = () => lab.emulator.bucket(photos);
const cold = (key: string, storageClass = "ARCHIVE") =>
  bucket().put(key, Buffer.from("cold bytes"), { "x-cos-storage-class": storageClass });
const document = (days: number | string, tier?: string) =>
  `<RestoreRequest><Days>${days}</Days>${tier === undefined ? "" : `<CASJobParameters><Tier>${tier}</Tier></CASJobParameters>`}</RestoreRequest>`;
const restore = (key: string, body = document(2, "Standard"), more: Parameters<Lab["ask"]>[0] = {}) =>
  lab.ask({ method: "POST", key, query: [["restore", ""]], body, ...more });
const said = async (key: string) => (await lab.ask({ method: "HEAD", key })).headers["x-cos-restore"];
const original = (key: string) => lab.ask({ key, query: [["ci-process", "originImage"]] });

describe("a restore", () => {
  test("is begun, is over after its time, and lasts for the days that were asked for", async () => {
    cold("a");
    expect(await restore("a")).toMatchObject({ status: 202, text: "" });
    expect(await said("a")).toBe('ongoing-request="true"');
    expect(await original("a")).toMatchObject({ status: 403, code: "InvalidObjectState" });
    lab.clock.advance(5 * HOUR - 1_000);
    expect(await said("a")).toBe('ongoing-request="true"');
    lab.clock.advance(1_000);
    const until = new Date(lab.clock.now() + 48 * HOUR).toUTCString();
    expect(await said("a")).toBe(`ongoing-request="false", expiry-date="${until}"`);
    expect(await original("a")).toMatchObject({ status: 200, text: "cold bytes" });
    lab.clock.advance(48 * HOUR);
    expect(await said("a")).toBeUndefined();
    expect(await original("a")).toMatchObject({ status: 403, code: "InvalidObjectState" });
    expect(await restore("a"), "once more").toMatchObject({ status: 202 });
  });

  const times: readonly [storageClass: string, tier: string, hours: number][] = [
    ["ARCHIVE", "Expedited", 1 / 12],
    ["MAZ_ARCHIVE", "Standard", 5],
    ["ARCHIVE", "Bulk", 12],
    ["DEEP_ARCHIVE", "Standard", 24],
    ["DEEP_ARCHIVE", "Bulk", 48],
  ];
  test.each(times)("of %s by %s takes %d hours, unless a switch says how long", async (storageClass, tier, hours) => {
    const key = `${storageClass} ${tier}`;
    cold(key, storageClass);
    await restore(key, document(1, tier));
    lab.clock.advance(hours * HOUR - 1_000);
    expect(await said(key)).toContain("true");
    lab.clock.advance(1_000);
    expect(await said(key)).toContain("false");
    lab.emulator.turn({ restoreSeconds: 2 });
    cold(key, storageClass);
    await restore(key, document(1, tier));
    lab.clock.advance(2_000);
    expect(await said(key)).toContain("false");
  });

  test("of what is restored changes for how long, from now", async () => {
    lab.emulator.turn({ restoreSeconds: 1 });
    cold("b");
    await restore("b", document(1));
    lab.clock.advance(1_000 + HOUR);
    expect(await restore("b", document(3, "Bulk"))).toMatchObject({ status: 200 });
    expect(await said("b")).toContain(new Date(lab.clock.now() + 72 * HOUR).toUTCString());
  });

  test("is refused of what is being restored, is in no archive class, or is not there", async () => {
    cold("c");
    await restore("c");
    expect(await restore("c")).toMatchObject({ status: 409, code: "RestoreAlreadyInProgress" });
    bucket().put("warm", Buffer.from("x"));
    expect(await restore("warm")).toMatchObject({ status: 405, code: "RestoreNonArchiveObject" });
    expect(await restore("missing")).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(await restore("c", undefined, { sign: false })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await restore("", undefined)).toMatchObject({ status: 405, code: "MethodNotAllowed" });
  });

  const wrong: readonly [what: string, body: string, code: string][] = [
    ["days that are none", document("soon"), "InvalidArgument"],
    ["more days than there may be", document(366), "InvalidArgument"],
    ["a tier that does not exist", document(1, "Fast"), "InvalidArgument"],
    ["no days", "<RestoreRequest/>", "MalformedXML"],
    ["another document", "<Delete/>", "MalformedXML"],
    ["nothing", "", "MissingRequestBodyError"],
  ];
  test.each(wrong)("is refused that asks for %s", async (_, body, code) => {
    cold("d");
    expect((await restore("d", body)).code).toBe(code);
    expect(await said("d")).toBeUndefined();
  });

  test("of DEEP_ARCHIVE is none by Expedited; under a wrong Content-MD5 none at all", async () => {
    cold("e", "DEEP_ARCHIVE");
    expect((await restore("e", document(1, "Expedited"))).code).toBe("InvalidArgument");
    const headers = { "content-md5": createHash("md5").update("other").digest("base64") };
    expect((await restore("e", undefined, { headers })).code).toBe("BadDigest");
    expect(await said("e")).toBeUndefined();
  });

  test("survives a restart, and is counted as a request", async () => {
    cold("f");
    const before = lab.emulator.requests()["object.restore"] ?? 0;
    await restore("f");
    expect(lab.emulator.requests()["object.restore"]).toBe(before + 1);
    await lab.restart();
    expect(await said("f")).toBe('ongoing-request="true"');
  });

  test("is of the version that it names", async () => {
    const versioned = lab.emulator.createBucket({ name: "versions-1250000000", versioning: "Enabled" });
    const host = "versions-1250000000.cos.ap-guangzhou.myqcloud.com";
    const older = versioned.put("v", Buffer.from("1"), { "x-cos-storage-class": "ARCHIVE" }).versionId ?? "";
    versioned.put("v", Buffer.from("2"));
    const of = [
      ["restore", ""],
      ["versionId", older],
    ] as const;
    expect(await restore("v", undefined, { host })).toMatchObject({ status: 405 });
    expect(await restore("v", undefined, { host, query: of })).toMatchObject({ status: 202 });
    const head = await lab.ask({ method: "HEAD", host, key: "v", query: [["versionId", older]] });
    expect(head.headers["x-cos-restore"]).toBe('ongoing-request="true"');
  });
});
