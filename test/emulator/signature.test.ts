/** The emulator checks signatures from their own lists, so a client that signs too little, too late or wrongly is found out. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { signKey, urlEncode } from "../../src/cos/signing/signature.ts";
import { signatureOf, stringToSign } from "../../src/cos/signing/signing-key.ts";
import { credentials, host, type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  lab.emulator.bucket(photos).put("a b.txt", Buffer.from("signed for"));
});
afterAll(() => lab.close());
beforeEach(() => lab.emulator.setCredentials([credentials]));

const key = "a b.txt";
const replaced = (field: string, value: string) => (text: string) =>
  text.replace(new RegExp(`${field}=[^&]*`), `${field}=${value}`);

/** The seven q-* fields of a signature over the path alone. */
function fields(method = "get", path = `/${key}`): [string, string][] {
  const now = Math.floor(lab.clock.now() / 1000);
  const keyTime = `${now - 60};${now + 900}`;
  const text = stringToSign(keyTime, `${method}\n${path}\n\nhost=${urlEncode(host)}\n`);
  return [
    ["q-sign-algorithm", "sha1"],
    ["q-ak", credentials.secretId],
    ["q-sign-time", keyTime],
    ["q-key-time", keyTime],
    ["q-header-list", "host"],
    ["q-url-param-list", ""],
    ["q-signature", signatureOf(signKey(credentials.secretKey, keyTime), text)],
  ];
}

describe("a signature is accepted", () => {
  test("in the Authorization header", async () => {
    expect(await lab.ask({ key })).toMatchObject({ status: 200, text: "signed for" });
  });
  test("as the q-* parameters of a presigned URL", async () => {
    expect((await lab.ask({ key, sign: false, query: fields() })).status).toBe(200);
  });
  test("merged into one sign parameter", async () => {
    const merged = fields()
      .map(([name, value]) => `${name}=${value}`)
      .join("&");
    expect((await lab.ask({ key, sign: false, query: [["sign", merged]] })).status).toBe(200);
  });
  test("over header values that are UTF-8, which come back byte for byte", async () => {
    const name = "x-cos-meta-name";
    const now = Math.floor(lab.clock.now() / 1000);
    const keyTime = `${now - 60};${now + 900}`;
    const text = stringToSign(keyTime, `put\n/cat.txt\n\n${name}=${urlEncode("猫 é")}\n`);
    const signature = signatureOf(signKey(credentials.secretKey, keyTime), text);
    const authorization =
      `q-sign-algorithm=sha1&q-ak=${credentials.secretId}&q-sign-time=${keyTime}&q-key-time=${keyTime}` +
      `&q-header-list=${name}&q-url-param-list=&q-signature=${signature}`;
    const sent = Buffer.from("猫 é").toString("latin1");
    const put = await lab.ask({
      method: "PUT",
      key: "cat.txt",
      body: "x",
      sign: false,
      headers: { [name]: sent, authorization },
    });
    expect(put.status).toBe(200);
    const head = await lab.ask({ method: "HEAD", key: "cat.txt" });
    expect(Buffer.from(head.headers[name] ?? "", "latin1").toString()).toBe("猫 é");
    lab.emulator.bucket(photos).delete("cat.txt");
  });
  test("over a parameter without a value, and one that holds slashes, plus signs and spaces", async () => {
    const query = [
      ["prefix", "a/b +%&"],
      ["encoding-type", "url"],
    ] as const;
    expect((await lab.ask({ query })).status).toBe(200);
    expect((await lab.ask({ query: [["uploads", ""]] })).status).toBe(200);
  });
});

describe("a signature is refused", () => {
  test("when it is wrong, with the server's view of what should have been signed", async () => {
    const answer = await lab.ask({ key, tamper: replaced("q-signature", "0".repeat(40)) });
    expect(answer).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(answer.element("Message")).toBe("The Signature you specified is invalid.");
    expect(answer.element("StringToSign")).toMatch(/^sha1\n\d+;\d+\n[0-9a-f]{40}\n$/);
    expect(answer.element("FormatString")).toBe(`get\n/a b.txt\n\nhost=${host}\n`);
    expect(answer.element("Resource")).toBe(`${host}/a b.txt`);
    expect(answer.element("RequestId")).toBe(answer.headers["x-cos-request-id"]);
    expect(answer.element("TraceId")).toBe(answer.headers["x-cos-trace-id"]);
    expect(answer.text).not.toContain(credentials.secretKey);
  });
  test("when it was made with another secret", async () => {
    const sign = { ...credentials, secretKey: "another" };
    expect(await lab.ask({ key, sign })).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
  });
  test.each([
    ["key", () => fields("get", "/other.txt"), host],
    ["method", () => fields("put"), host],
    ["host", () => fields(), `${photos}.cos.ap-beijing.myqcloud.com`],
  ])("when it was made for another %s", async (_, query, at) => {
    expect((await lab.ask({ key, sign: false, query: query(), host: at })).code).toBe("SignatureDoesNotMatch");
  });
  test("when a header or a parameter that it names is not there", async () => {
    const header = await lab.ask({ key, tamper: replaced("q-header-list", "host;range") });
    expect(header).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(header.element("Missing")).toBe("range");
    const parameter = await lab.ask({ key, tamper: replaced("q-url-param-list", "versionid") });
    expect(parameter.element("Missing")).toBe("versionid");
  });
  test("when a signed parameter was changed on the way", async () => {
    const answer = await lab.ask({ target: "/?prefix=b", query: [["prefix", "a"]] });
    expect(answer.code).toBe("SignatureDoesNotMatch");
  });
  test("after its window, as AccessDenied with the words of the documentation and the server's time", async () => {
    const answer = await lab.ask({ key, window: [900, -1] });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.element("Message")).toBe("Request has expired");
    expect(answer.element("ServerTime")).toBe(new Date(lab.clock.now()).toISOString());
    expect((await lab.ask({ key, window: [900, 0] })).status).toBe(200);
  });
  test("before its window, and when the Date header is more than 15 minutes off", async () => {
    expect((await lab.ask({ key, window: [-1, 900] })).code).toBe("RequestTimeTooSkewed");
    const date = (ms: number) => ({ date: new Date(lab.clock.now() + ms).toUTCString() });
    expect((await lab.ask({ key, headers: date(-901_000) })).code).toBe("RequestTimeTooSkewed");
    expect((await lab.ask({ key, headers: date(899_000) })).status).toBe(200);
  });
  test("when nobody has that id", async () => {
    expect(await lab.ask({ key, sign: { secretId: "AKIDNOBODY", secretKey: "x" } })).toMatchObject({
      status: 403,
      code: "InvalidAccessKeyId",
    });
  });
  test.each([
    ["Basic dXNlcjpwYXNz", "not of the form"],
    ["q-sign-algorithm=sha1&q-ak=x", "lacks q-sign-time"],
    [
      "q-sign-algorithm=md5&q-ak=x&q-sign-time=1;2&q-key-time=1;2&q-header-list=&q-url-param-list=&q-signature=0",
      "must be sha1",
    ],
  ])("when the header is malformed: %s", async (authorization, words) => {
    const answer = await lab.ask({ key, sign: false, headers: { authorization } });
    expect(answer).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect(answer.element("Message")).toContain(words);
  });
  test("when its times are no times", async () => {
    expect((await lab.ask({ key, tamper: replaced("q-key-time", "soon") })).code).toBe("InvalidRequest");
  });
});

describe("temporary credentials", () => {
  const temporary = { secretId: "AKIDTEMP", secretKey: "temporary", sessionToken: "the-token" };
  test("need their token, in a header or a parameter, signed or not", async () => {
    lab.emulator.setCredentials([temporary]);
    expect((await lab.ask({ key, sign: temporary })).status).toBe(200);
    const { sessionToken: _, ...bare } = temporary;
    expect((await lab.ask({ key, sign: bare })).code).toBe("InvalidAccessKeyId");
    expect((await lab.ask({ key, sign: bare, query: [["x-cos-security-token", "the-token"]] })).status).toBe(200);
    expect((await lab.ask({ key, sign: bare, headers: { "x-ci-security-token": "the-token" } })).status).toBe(200);
    expect(await lab.ask({ key, sign: { ...temporary, sessionToken: "stale" } })).toMatchObject({
      status: 400,
      code: "ExpiredToken",
    });
  });
  test("end when they say", async () => {
    lab.emulator.setCredentials([{ ...temporary, expiresAt: lab.clock.now() + 1000 }]);
    expect((await lab.ask({ key, sign: temporary })).status).toBe(200);
    lab.clock.advance(1000);
    expect((await lab.ask({ key, sign: temporary })).code).toBe("ExpiredToken");
  });
  test("a token that belongs to no temporary id is refused", async () => {
    expect((await lab.ask({ key, sign: { ...credentials, sessionToken: "stray" } })).code).toBe("ExpiredToken");
  });
});

describe("without a signature", () => {
  test("a private bucket says AccessDenied to everything", async () => {
    for (const [method, at] of [
      ["GET", key],
      ["HEAD", key],
      ["PUT", "x"],
      ["DELETE", key],
      ["GET", ""],
    ] as const) {
      expect((await lab.ask({ method, key: at, sign: false, body: method === "PUT" ? "x" : undefined })).status).toBe(
        403,
      );
    }
    expect(lab.emulator.bucket(photos).keys()).toEqual([key]);
  });
  test("a public-read bucket lets read and list, not write", async () => {
    lab.emulator.createBucket({ name: "open-1250000000", acl: "public-read" }).put("x.txt", Buffer.from("open"));
    const open = "open-1250000000.cos.ap-guangzhou.myqcloud.com";
    expect((await lab.ask({ host: open, key: "x.txt", sign: false })).text).toBe("open");
    expect((await lab.ask({ host: open, sign: false })).text).toContain("<Key>x.txt</Key>");
    expect((await lab.ask({ host: open, method: "PUT", key: "y", body: "y", sign: false })).code).toBe("AccessDenied");
    expect((await lab.ask({ host: open, method: "DELETE", key: "x.txt", sign: false })).code).toBe("AccessDenied");
  });
});
