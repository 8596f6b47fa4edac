/** Original Image Protection as documented; what is not documented has a row in switches.test.ts. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
const original = Buffer.from("the original's very own bytes");
const originImage = [["ci-process", "originImage"]] as const;
const bucket = () => lab.emulator.bucket(photos);

beforeAll(async () => {
  lab = await openLab();
  for (const key of ["a/cat.jpg", "cat.PNG", "cat.tiff", "cat", "cat.jpg.txt"]) bucket().put(key, original);
});
afterAll(() => lab.close());
beforeEach(() => bucket().configure({ acl: "private", protect: ["jpg", "png"], styles: ["small"] }));

describe("a protected image", () => {
  test.each(["private", "public-read"] as const)(
    "is refused to anonymous requests in a %s bucket, with X-ErrNo -154",
    async (acl) => {
      bucket().configure({ acl });
      for (const query of [[], [["imageMogr2/thumbnail/100x", ""]], [["versionId", "null"]]] as [string, string][][]) {
        const answer = await lab.ask({ key: "a/cat.jpg", query, sign: false });
        expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
        expect(answer.headers["x-errno"]).toBe("-154");
      }
      expect((await lab.ask({ key: "not-even-there.jpg", sign: false })).headers["x-errno"]).toBe("-154");
    },
  );
  test("is refused to a signed request that does not ask for the original", async () => {
    const answer = await lab.ask({ key: "a/cat.jpg" });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.headers["x-errno"]).toBe("-154");
  });
  test("is served whole to a signed request for the original, with what is known of it", async () => {
    const answer = await lab.ask({ key: "a/cat.jpg", query: originImage });
    expect(answer.body.equals(original)).toBe(true);
    const stored = bucket().head("a/cat.jpg");
    expect(answer.headers).toMatchObject({ etag: `"${stored?.etag}"`, "x-cos-hash-crc64ecma": stored?.crc64 });
  });
  test("is refused to an unsigned request for the original, even in a public-read bucket", async () => {
    bucket().configure({ acl: "public-read" });
    const answer = await lab.ask({ key: "a/cat.jpg", query: originImage, sign: false });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
  });
  test("tells its metadata to HEAD", async () => {
    const answer = await lab.ask({ method: "HEAD", key: "a/cat.jpg" });
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.headers["content-length"]).toBe(String(original.length));
  });
  test("says NoSuchKey where the original is not there", async () => {
    expect((await lab.ask({ key: "gone.jpg", query: originImage })).code).toBe("NoSuchKey");
  });
});

describe("protection goes by the suffix of the key", () => {
  test.each(["cat.tiff", "cat", "cat.jpg.txt"])("%s is served plain, and as its own original", async (key) => {
    expect((await lab.ask({ key })).body.equals(original)).toBe(true);
    expect((await lab.ask({ key, query: originImage })).body.equals(original)).toBe(true);
    bucket().configure({ acl: "public-read" });
    expect((await lab.ask({ key, sign: false })).body.equals(original)).toBe(true);
  });
  test("and takes effect as it is switched", async () => {
    expect((await lab.ask({ key: "cat.PNG" })).status).toBe(403);
    bucket().configure({ protect: [] });
    expect((await lab.ask({ key: "cat.PNG" })).status).toBe(200);
  });
});

describe("the origin-protect API", () => {
  const pic = `${photos}.pic.ap-guangzhou.myqcloud.com`;
  const call = (method: string, body?: string) => lab.ask({ method, host: pic, query: [["origin-protect", ""]], body });
  test("switches suffixes on and off and tells only whether it is on", async () => {
    expect((await call("DELETE")).status).toBe(200);
    expect((await call("GET")).element("OriginProtectStatus")).toBe("off");
    await call("PUT", "<Suffixs><Suffix>webp</Suffix></Suffixs>");
    expect((await call("GET")).element("OriginProtectStatus")).toBe("on");
    expect(bucket().settings.protect).toEqual(["webp"]);
    await lab.restart();
    expect(bucket().settings.protect).toEqual(["jpg", "png"]);
  });
  test("covers every suffix when the body is empty, as before suffixes existed", async () => {
    await call("PUT", "");
    expect(bucket().settings.protect).toEqual(["jpg", "jpeg", "png", "webp", "bmp", "gif", "heif"]);
  });
  test.each([
    ["<Suffixs><Suffix>exe</Suffix></Suffixs>", "InvalidArgument"],
    ["<Suffixs></Suffixs>", "MalformedXML"],
    ["<Suffixes><Suffix>jpg</Suffix></Suffixes>", "MalformedXML"],
  ])("refuses %s", async (body, code) => {
    expect(await call("PUT", body)).toMatchObject({ status: 400, code });
  });
  test("is closed to anonymous requests", async () => {
    expect((await lab.ask({ host: pic, query: [["origin-protect", ""]], sign: false })).code).toBe("AccessDenied");
  });
});

describe("an image style", () => {
  test.each(["a/cat.jpg/small", "a/cat.jpg!small", "a/cat.jpg-small", "a/cat.jpg_small"])(
    "%s gets a stand-in picture",
    async (key) => {
      bucket().configure({ acl: "public-read" });
      const answer = await lab.ask({ key, sign: false });
      expect(answer.status).toBe(200);
      expect(answer.headers["content-type"]).toBe("image/png");
      expect(answer.body.subarray(1, 4).toString()).toBe("PNG");
      expect(answer.body.equals(original)).toBe(false);
    },
  );
  test("may be named as a parameter, and needs a signature in a private bucket", async () => {
    expect((await lab.ask({ key: "a/cat.jpg", query: [["small", ""]] })).headers["content-type"]).toBe("image/png");
    expect((await lab.ask({ key: "a/cat.jpg!small", sign: false })).code).toBe("AccessDenied");
  });
  test("that does not exist is refused with X-ErrNo -105", async () => {
    expect((await lab.ask({ key: "a/cat.jpg!huge" })).headers["x-errno"]).toBe("-105");
  });
  test("does not hide an object of that very key", async () => {
    bucket().put("a/cat.jpg/small", Buffer.from("a real object"));
    expect((await lab.ask({ key: "a/cat.jpg/small" })).text).toBe("a real object");
    bucket().delete("a/cat.jpg/small");
  });
  test("of an unprotected image may be asked for ad hoc", async () => {
    const answer = await lab.ask({ key: "cat.tiff", query: [["imageMogr2/thumbnail/100x", ""]] });
    expect(answer.headers["content-type"]).toBe("image/png");
  });
});
