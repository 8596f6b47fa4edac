/** Smart Compression and the binding to Cloud Infinite, as the bucket's own hosts tell of them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
const original = Buffer.from("the original's very own bytes");
const bucket = () => lab.emulator.bucket(photos);
const pic = (method: string, body?: string) =>
  lab.ask({ method, host: `${photos}.pic.ap-guangzhou.myqcloud.com`, query: [["image-slim", ""]], body });
const setting = (mode: string, ...suffixes: readonly string[]) =>
  `<ImageSlim><SlimMode>${mode}</SlimMode><Suffixs>${suffixes.map((each) => `<Suffix>${each}</Suffix>`).join("")}</Suffixs></ImageSlim>`;

beforeAll(async () => {
  lab = await openLab();
  for (const key of ["cat.jpg", "cat.png", "cat.webp"]) bucket().put(key, original);
  bucket().put("dot.jpg", Buffer.from("x"));
});
afterAll(() => lab.close());
beforeEach(() => {
  lab.emulator.turn({ ciBound: true, smartCompression: "off" });
  bucket().configure({ protect: [], slim: [] });
});

describe("GET, PUT and DELETE /?image-slim", () => {
  test("tell and change the mode, which outlives the process", async () => {
    expect((await pic("GET")).element("Status")).toBe("off");
    expect((await pic("PUT", setting("Auto,API", "jpg", "png"))).status).toBe(200);
    await lab.restart();
    const on = await pic("GET");
    expect([on.element("Status"), on.element("SlimMode"), on.element("Suffix")]).toEqual(["on", "Auto,API", "jpg"]);
    expect((await pic("DELETE")).status).toBe(200);
    expect((await pic("GET")).element("Status")).toBe("off");
  });
  test.each([setting("Auto"), setting("Auto", "webp"), setting("Always", "jpg"), "<ImageSlim/>", "<Slim/>"])(
    "refuse %s",
    async (body) => {
      expect((await pic("PUT", body)).status).toBe(400);
    },
  );
});

test("in mode Auto plain GETs of its suffixes are smaller under the original's ETag, and nothing else is", async () => {
  await pic("PUT", setting("Auto", "jpg"));
  const plain = await lab.ask({ key: "cat.jpg" });
  expect(plain.headers).toMatchObject({ "x-slimflag": "1", etag: `"${bucket().head("cat.jpg")?.etag}"` });
  expect(plain.body.length).toBeLessThan(original.length);
  const whole = [
    await lab.ask({ key: "cat.jpg", query: [["ci-process", "originImage"]] }),
    await lab.ask({ key: "cat.png" }),
    await lab.ask({ key: "cat.webp" }),
  ];
  for (const answer of whole)
    expect([answer.body.equals(original), answer.headers["x-slimflag"]]).toEqual([true, undefined]);
  expect((await lab.ask({ key: "cat.jpg", headers: { range: "bytes=0-3" } })).text).toBe("the ");
  // What can't be made smaller comes as it is, and says so.
  const dot = await lab.ask({ key: "dot.jpg" });
  expect([dot.text, dot.headers["x-slimflag"]]).toEqual(["x", "2"]);
});

test("in mode API plain GETs stay as they are", async () => {
  await pic("PUT", setting("API"));
  expect((await lab.ask({ key: "cat.jpg" })).body.equals(original)).toBe(true);
  expect((await pic("GET")).element("SlimMode")).toBe("API");
});

test("the ci host tells whether the bucket is bound, under a request id of its own name", async () => {
  const status = () => lab.ask({ host: `${photos}.ci.ap-guangzhou.myqcloud.com` });
  const bound = await status();
  expect(bound.text).toBe('{"CIStatus":"on"}');
  expect([bound.headers["x-ci-request-id"] !== undefined, bound.headers["x-cos-request-id"]]).toEqual([
    true,
    undefined,
  ]);
  lab.emulator.turn({ ciBound: false });
  expect((await status()).text).toBe('{"CIStatus":"off"}');
  expect((await pic("GET")).status).toBe(403);
  expect((await lab.ask({ key: "cat.jpg", query: [["ci-process", "originImage"]] })).status).toBe(403);
  expect((await lab.ask({ key: "cat.jpg" })).body.equals(original)).toBe(true);
});
