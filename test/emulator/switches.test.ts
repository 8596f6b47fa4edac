/** Each switch changes what it says, and its default is what switches.ts says. A switch without a row fails the last test. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultSwitches, type Switches } from "../../src/emulator/emulator.ts";
import { type Answer, type Ask, host, type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  const bucket = lab.emulator.bucket(photos);
  bucket.put("cat.jpg", Buffer.from("original"), { "content-type": "image/jpeg", "x-cos-meta-a": "1" });
  bucket.put("CAT.JPG", Buffer.from("original"));
  bucket.put("empty.jpg", Buffer.alloc(0));
  bucket.put("cat.txt", Buffer.from("text"));
});
afterAll(() => lab.close());

const original: Ask = { key: "cat.jpg", query: [["ci-process", "originImage"]] };
const withHeaders = (headers: Record<string, string>): Ask => ({ ...original, headers });
const header = (name: string) => (answer: Answer) => answer.headers[name];
const status = (answer: Answer) => answer.status;
const code = (answer: Answer) => answer.code ?? answer.status;
let puts = 0;

/** Asked twice: with the default, and with the switch turned. */
interface Row {
  readonly name: keyof Switches;
  readonly turned: Partial<Switches>;
  readonly ask: () => Ask | Promise<Ask>;
  readonly look: (answer: Answer) => unknown;
  readonly byDefault: unknown;
  readonly thenItIs: unknown;
}

function row<Name extends keyof Switches>(
  name: Name,
  value: Switches[Name],
  ask: Ask | (() => Ask | Promise<Ask>),
  look: Row["look"],
  byDefault: unknown,
  thenItIs: unknown,
): Row {
  const turned = { [name]: value } as Partial<Switches>;
  return { name, turned, ask: typeof ask === "function" ? ask : () => ask, look, byDefault, thenItIs };
}

const stored =
  (query: Ask["query"] = []) =>
  (): Ask => ({ method: "PUT", key: `stored-${++puts}`, body: "x", query });
const versioned = (versionId: string): Ask => ({
  ...original,
  query: [
    ["ci-process", "originImage"],
    ["versionId", versionId],
  ],
});

const rows: readonly Row[] = [
  row("signedPlainGetOfProtected", "allow", { key: "cat.jpg" }, status, 403, 200),
  row("headOfProtected", "refuse", { method: "HEAD", key: "cat.jpg" }, status, 200, 403),
  row(
    "copyOfProtected",
    "refuse",
    { method: "PUT", key: "copy", headers: { "x-cos-copy-source": `${host}/cat.jpg` } },
    status,
    200,
    403,
  ),
  row("suffixCaseSensitive", true, { key: "CAT.JPG" }, status, 403, 200),
  row("protectionStatusFor154", 404, { key: "cat.jpg", sign: false }, status, 403, 404),
  row("protectionSendsErrNo", false, { key: "cat.jpg", sign: false }, header("x-errno"), "-154", undefined),
  row("protectionCode", "ImageProtected", { key: "cat.jpg", sign: false }, code, "AccessDenied", "ImageProtected"),
  row(
    "protectionMessage",
    "Use a style.",
    { key: "cat.jpg", sign: false },
    (a) => a.element("Message"),
    "The image can not be accessed, please use style.",
    "Use a style.",
  ),
  row("styleParameter", "ignored", { key: "cat.jpg", query: [["style", "none"]] }, header("x-errno"), "-105", "-154"),
  row("adHocProcessing", "process", { key: "cat.jpg", query: [["imageMogr2/format/png", ""]] }, status, 403, 200),
  row("anonymousOriginImage", "allow", { ...original, sign: false }, status, 403, 200),
  row("originImageSendsEtag", false, original, header("etag"), '"919c8b643b7133116b02fc0d9bb7df3f"', undefined),
  row("originImageSendsCrc64", false, original, (a) => a.headers["x-cos-hash-crc64ecma"] !== undefined, true, false),
  row("originImageSendsMeta", false, original, header("x-cos-meta-a"), "1", undefined),
  row("originImageSendsLastModified", false, original, (a) => a.headers["last-modified"] !== undefined, true, false),
  row("originImageSendsContentLength", false, original, header("transfer-encoding"), undefined, "chunked"),
  row(
    "originImageNamesRequest",
    "ci",
    original,
    (a) => ["cos", "ci"].filter((by) => a.headers[`x-${by}-request-id`] !== undefined),
    ["cos"],
    ["ci"],
  ),
  row("originImageOfOthers", "refuse", { ...original, key: "cat.txt" }, status, 200, 400),
  row("ciBound", false, original, status, 200, 403),
  row("originImageHonoursRange", false, withHeaders({ range: "bytes=0-3" }), (a) => a.text, "orig", "original"),
  row("originImageHonoursVersionId", false, versioned("v9"), code, "NoSuchVersion", 200),
  row("originImageHonoursConditions", false, withHeaders({ "if-match": '"x"' }), status, 412, 200),
  row("originImageMaxBytes", 7, original, header("x-errno"), undefined, "-168"),
  row("emptyOriginImage", "refuse", { ...original, key: "empty.jpg" }, header("x-errno"), undefined, "-40168"),
  row(
    "originImageRequestsPerSecond",
    1,
    async () => {
      await lab.ask(original);
      return original;
    },
    header("x-errno"),
    undefined,
    "-29214",
  ),
  row(
    "fourXxDisplay",
    "placeholder",
    { key: "cat.jpg" },
    (a) => [a.status, a.headers["content-type"]],
    [403, "application/xml"],
    [200, "image/png"],
  ),
  row(
    "placeholderSendsErrNo",
    false,
    () => {
      lab.emulator.faults.next(1, { kind: "placeholder" });
      return { key: "cat.jpg" };
    },
    header("x-errno"),
    "-6101",
    undefined,
  ),
  row(
    "smartCompression",
    "every",
    original,
    (a) => [a.headers["x-slimflag"], a.text],
    [undefined, "original"],
    ["1", "orig"],
  ),
  row(
    "restoreSeconds",
    2,
    async () => {
      lab.emulator.bucket(photos).put("cold", Buffer.from("x"), { "x-cos-storage-class": "ARCHIVE" });
      const body = "<RestoreRequest><Days>1</Days></RestoreRequest>";
      await lab.ask({ method: "POST", key: "cold", query: [["restore", ""]], body });
      lab.clock.advance(2_000);
      return { method: "HEAD", key: "cold" };
    },
    (a) => a.headers["x-cos-restore"]?.slice(0, 23),
    'ongoing-request="true"',
    'ongoing-request="false"',
  ),
  row(
    "bucketRequestsPerSecond",
    1,
    async () => {
      await lab.ask({ key: "cat.txt" });
      return { key: "cat.txt" };
    },
    code,
    200,
    "SlowDown",
  ),
  row(
    "slowDownRetryAfter",
    7,
    () => {
      lab.emulator.faults.next(1, { kind: "error", code: "SlowDown" });
      return { key: "cat.txt" };
    },
    header("retry-after"),
    undefined,
    "7",
  ),
  row(
    "unlistedParametersAccepted",
    false,
    { key: "cat.txt", query: [["x", "1"]], tamper: (text) => text, target: "/cat.txt?x=1&versionid=" },
    code,
    200,
    "AccessDenied",
  ),
  row(
    "expiredSignatureCode",
    "Request has expired",
    { key: "cat.txt", window: [900, -1] },
    code,
    "AccessDenied",
    "Request has expired",
  ),
  row(
    "namesAsMessage",
    true,
    { key: "cat.txt", sign: { secretId: "AKIDNOBODY", secretKey: "x" } },
    (a) => [a.code, a.element("Message")],
    ["InvalidAccessKeyId", "The access key id you provided does not exist in our records."],
    ["AccessDenied", "InvalidAccessKeyId"],
  ),
  row("earlySignatureToleranceSeconds", 900, { key: "cat.txt", window: [-60, 900] }, code, "RequestTimeTooSkewed", 200),
  row(
    "plusInQueryMeansSpace",
    false,
    { target: "/?prefix=a+b", query: [["prefix", "a b"]] },
    code,
    200,
    "SignatureDoesNotMatch",
  ),
  row(
    "listLagMs",
    1000,
    () => {
      lab.emulator.bucket(photos).put("fresh", Buffer.from("x"));
      return { query: [["prefix", "fresh"]] };
    },
    (a) => a.text.includes("<Key>fresh</Key>"),
    true,
    false,
  ),
  row("oldObjectsWithoutCrc64", true, stored(), (a) => a.headers["x-cos-hash-crc64ecma"] !== undefined, true, false),
  row(
    "encryptedEtag",
    "opaque",
    () => ({ ...stored()(), headers: { "x-cos-server-side-encryption": "AES256" } }),
    (a) => a.headers.etag === '"9dd4e461268c8034f5c8564e155c67a6"',
    true,
    false,
  ),
];

describe("a switch changes what it says", () => {
  test.each(rows)("$name", async ({ turned, ask, look, byDefault, thenItIs, name }) => {
    lab.clock.advance(10_000);
    expect(look(await lab.ask(await ask()))).toEqual(byDefault);
    lab.clock.advance(10_000);
    lab.emulator.turn(turned);
    try {
      expect(look(await lab.ask(await ask()))).toEqual(thenItIs);
    } finally {
      lab.emulator.turn({ [name]: defaultSwitches[name] });
    }
  });
});

test("an object hidden by a listing's lag appears when it is old enough", async () => {
  lab.emulator.turn({ listLagMs: 1000 });
  lab.emulator.bucket(photos).put("lagging", Buffer.from("x"));
  const listed = async () => (await lab.ask({ query: [["prefix", "lagging"]] })).text.includes("<Key>lagging</Key>");
  expect(await listed()).toBe(false);
  lab.clock.advance(1001);
  expect(await listed()).toBe(true);
  lab.emulator.turn({ listLagMs: 0 });
});

test("the placeholder setting covers missing originals and leaves other replies alone", async () => {
  lab.emulator.turn({ fourXxDisplay: "placeholder" });
  expect((await lab.ask({ ...original, key: "gone.jpg" })).headers["content-type"]).toBe("image/png");
  expect((await lab.ask(original)).text).toBe("original");
  expect((await lab.ask({ key: "gone.txt" })).code).toBe("NoSuchKey");
  expect((await lab.ask({ method: "HEAD", key: "gone.jpg" })).status).toBe(404);
  lab.emulator.turn({ fourXxDisplay: "code" });
});

test("a name that is no switch is refused", () => {
  expect(() => lab.emulator.turn({ fourXX: "code" } as Partial<Switches>)).toThrow(/no switch "fourXX"/);
});

test("every switch has its row here", () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(defaultSwitches).sort());
});
