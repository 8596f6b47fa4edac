/** A signed URL brings the original to whoever has it, and nobody once its time is over. Would catch: a key that is encoded otherwise than it is signed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSettings } from "../../../../src/config/read.ts";
import { lastsOf, signOriginal } from "../../../../src/runtime/cli/original/sign.ts";
import { credentials, type Lab, openLab, photos } from "../../../emulator/lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const settings = (more: Parameters<typeof readSettings>[0]["flags"] = {}) =>
  readSettings({
    flags: { source: `cos://${photos}`, region: "ap-guangzhou", endpoint: `${lab.emulator.url}/{bucket}`, ...more },
  });
const sign = (key: string, more: Parameters<typeof settings>[0] = {}) =>
  signOriginal(settings(more), key, { lasts: lastsOf("10m"), credentials, now: lab.clock.now() });

/** As a browser would, which has no credentials. */
async function fetched(url: string) {
  const { pathname, search } = new URL(url);
  const { statusCode, body } = await lab.agent.request({
    origin: lab.emulator.url,
    method: "GET",
    path: pathname + search,
  });
  return { status: statusCode, text: await body.text() };
}

describe("a signed URL", () => {
  test.each(["plain.jpg", "a folder/夏天 +%20&=?#.jpg", "100% sure?.png", "tilde~(1)!*'.jpg"])(
    "brings the original of %s",
    async (key) => {
      lab.emulator.bucket(photos).put(key, Buffer.from(`the original of ${key}`));
      const { url } = sign(key);
      expect(await fetched(url)).toEqual({ status: 200, text: `the original of ${key}` });
      // Without the signature it is protected.
      expect((await fetched(url.replace(/&q-.*$/, ""))).status).toBe(403);
    },
  );

  test("ends at its time, which it tells", async () => {
    lab.emulator.bucket(photos).put("ends.jpg", Buffer.from("ends"));
    const { url, expiresAt } = sign("ends.jpg");
    expect(expiresAt - lab.clock.now()).toBe(600_000);
    lab.clock.advance(600_000);
    expect((await fetched(url)).status).toBe(200);
    lab.clock.advance(1_000);
    const over = await fetched(url);
    expect(over.status).toBe(403);
    expect(over.text).toContain("Request has expired");
  });

  test("is of one key and one way to ask alone", async () => {
    for (const key of ["one.jpg", "two.jpg"]) lab.emulator.bucket(photos).put(key, Buffer.from(key));
    const { url } = sign("one.jpg");
    expect((await fetched(url.replace("one.jpg", "two.jpg"))).text).toContain("SignatureDoesNotMatch");
    expect((await fetched(url.replace("ci-process=originImage", "ci-process=other"))).text).toContain(
      "SignatureDoesNotMatch",
    );
  });

  test("carries the token of temporary credentials, and never the secret key", async () => {
    const temporary = { secretId: "AKIDtemporary", secretKey: "temporary/secret+key", sessionToken: "a token/+=" };
    lab.emulator.setCredentials([credentials, temporary]);
    lab.emulator.bucket(photos).put("token.jpg", Buffer.from("by token"));
    const { url } = signOriginal(settings(), "token.jpg", {
      lasts: 60_000,
      credentials: temporary,
      now: lab.clock.now(),
    });
    expect(await fetched(url)).toEqual({ status: 200, text: "by token" });
    expect(decodeURIComponent(url)).not.toContain(temporary.secretKey);
  });

  test("is at the bucket's own host where nothing else is said", () => {
    const { url } = signOriginal(
      readSettings({ flags: { source: `https://${photos}.cos.ap-tokyo.myqcloud.com/2026/` } }),
      "2026/a b.jpg",
      { lasts: 60_000, credentials, now: 1_700_000_000_000 },
    );
    expect(url).toMatch(
      /^https:\/\/photos-1250000000\.cos\.ap-tokyo\.myqcloud\.com\/2026\/a%20b\.jpg\?ci-process=originImage&q-sign-algorithm=sha1&q-ak=AKIDEMULATOR&q-sign-time=1699999940%3B1700000060&q-key-time=1699999940%3B1700000060&q-header-list=host&q-url-param-list=ci-process&q-signature=[0-9a-f]{40}$/,
    );
  });
});

describe("it is refused", () => {
  test.each([
    ["", {}, "KEY is empty."],
    ["/a.jpg", {}, 'KEY "/a.jpg" begins with /'],
    ["a/../b.jpg", {}, "has a segment that is a dot or two"],
    ["2025/a.jpg", { source: `cos://${photos}/2026/` }, `does not lie in "cos://${photos}/2026/"`],
  ] as const)("for %j", (key, more, why) => {
    expect(() => sign(key, more)).toThrow(why);
  });

  test("where the endpoint names no bucket, as a URL has no Host of its own", () => {
    expect(() => sign("a.jpg", { endpoint: lab.emulator.url })).toThrow("write {bucket} into it");
  });

  test.each(["0s", "8d", "soon", "-1m", undefined])("with --expires %s", (text) => {
    expect(() => lastsOf(text)).toThrow("is no time from 1s to 7d; --expires 10m would do.");
  });
});
