import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../src/emulator/emulator.ts";
import { type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
const small = Buffer.from("0123456789");
const large = Buffer.alloc(1024 * 1024, "large body ");
const bucket = () => lab.emulator.bucket(photos);

beforeAll(async () => {
  lab = await openLab();
  bucket().put("small", small);
  bucket().put("large", large);
});
afterAll(() => lab.close());
afterEach(() => lab.emulator.faults.clear());

const once = (fault: Fault) => lab.emulator.faults.next(1, fault);
const brokenBy = (call: Promise<unknown>) =>
  call.then(
    () => "nothing",
    (error: { code?: string }) => error.code,
  );

describe("instead of the answer", () => {
  test.each([
    [{ kind: "error", code: "SlowDown" }, 503, "SlowDown"],
    [{ kind: "error", code: "InternalError" }, 500, "InternalError"],
    [{ kind: "error", code: "PaymentRequired", status: 402 }, 402, "PaymentRequired"],
    [{ kind: "error-with-200", code: "InternalError" }, 200, "InternalError"],
  ] as const)("%j", async (fault, status, code) => {
    once(fault);
    expect(await lab.ask({ key: "small" })).toMatchObject({ status, code });
    expect((await lab.ask({ key: "small" })).text).toBe("0123456789");
  });
  test("an error carries the headers it is given", async () => {
    once({ kind: "error", code: "SlowDown", headers: { "X-ErrNo": "-29214", "Retry-After": "3" } });
    expect((await lab.ask({ key: "small" })).headers).toMatchObject({ "x-errno": "-29214", "retry-after": "3" });
  });
  test("a placeholder picture", async () => {
    once({ kind: "placeholder" });
    const answer = await lab.ask({ key: "small" });
    expect(answer.status).toBe(200);
    expect(answer.body.subarray(1, 4).toString()).toBe("PNG");
  });
  test("a reset before the request is carried out leaves nothing behind, one after it does", async () => {
    once({ kind: "reset", when: "before" });
    expect(await brokenBy(lab.ask({ method: "PUT", key: "unborn", body: "x" }))).toBe("ECONNRESET");
    expect(bucket().head("unborn")).toBeUndefined();
    once({ kind: "reset", when: "after" });
    expect(await brokenBy(lab.ask({ method: "PUT", key: "unheard", body: "x" }))).toBe("ECONNRESET");
    expect(bucket().get("unheard")?.bytes.toString()).toBe("x");
  });
  test("a 200 with an error, though the copy was made", async () => {
    once({ kind: "error-with-200", code: "InternalError", after: true });
    const headers = { "x-cos-copy-source": `${photos}.cos.ap-guangzhou.myqcloud.com/small` };
    expect(await lab.ask({ method: "PUT", key: "copied", headers })).toMatchObject({
      status: 200,
      code: "InternalError",
    });
    expect(bucket().get("copied")?.bytes.equals(small)).toBe(true);
  });
});

describe.each([
  ["small", small],
  ["large", large],
])("the %s body", (key, bytes) => {
  test("is cut off by a reset", async () => {
    once({ kind: "reset-body", afterBytes: 4 });
    expect(await brokenBy(lab.ask({ key }))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });
  test("ends before its announced length", async () => {
    once({ kind: "truncate", bytes: 4, contentLength: "announced" });
    expect(await brokenBy(lab.ask({ key }))).toMatch(/UND_ERR/);
  });
  test("arrives as far as it goes before the connection closes", async () => {
    once({ kind: "truncate", bytes: 4, contentLength: "announced" });
    const received: string[] = [];
    const socket = connect(lab.emulator.port, "127.0.0.1");
    bucket().configure({ acl: "public-read" });
    socket.write(`GET /${key} HTTP/1.1\r\nHost: ${photos}.cos.ap-guangzhou.myqcloud.com\r\n\r\n`);
    for await (const chunk of socket) received.push(String(chunk));
    bucket().configure({ acl: "private" });
    expect(received.join("")).toContain(`Content-Length: ${bytes.length}`);
    expect(received.join("").split("\r\n\r\n")[1]).toBe(bytes.subarray(0, 4).toString());
  });
  test("is short, and its length says so", async () => {
    once({ kind: "truncate", bytes: 4, contentLength: "adjusted" });
    const answer = await lab.ask({ key });
    expect(answer.body).toEqual(bytes.subarray(0, 4));
    expect(answer.headers["content-length"]).toBe("4");
  });
  test.each([0, 5, -1])("has one bit turned at %i", async (offset) => {
    once({ kind: "flip", offset });
    const { body } = await lab.ask({ key });
    expect(body.length).toBe(bytes.length);
    const differing = [...body.keys()].filter((at) => body[at] !== bytes[at]);
    expect(differing).toEqual([offset < 0 ? bytes.length + offset : offset]);
    expect((await lab.ask({ key })).body.equals(bytes)).toBe(true);
  });
  test("comes slowly, on the emulator's clock", async () => {
    const before = lab.clock.now();
    once({ kind: "slow", bytes: bytes.length / 2, ms: 1000 });
    expect((await lab.ask({ key })).body.equals(bytes)).toBe(true);
    expect(lab.clock.now() - before).toBeGreaterThanOrEqual(2000);
  });
});

describe("plans", () => {
  test("see what is asked, and decide each time", async () => {
    const seen: unknown[] = [];
    const stop = lab.emulator.faults.use(({ operation, key, nth }) => {
      seen.push([operation, key]);
      return nth % 2 === 0 && operation === "object.get" ? { kind: "error", code: "SlowDown" } : undefined;
    });
    lab.emulator.resetRequests();
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await lab.ask({ key: "small" })).status);
    expect(statuses).toEqual([200, 503, 200, 503]);
    expect(seen[0]).toEqual(["object.get", "small"]);
    stop();
    expect((await lab.ask({ key: "small" })).status).toBe(200);
  });
  test("count down only the requests they are meant for", async () => {
    lab.emulator.faults.next(2, { kind: "error", code: "SlowDown" }, ({ key }) => key === "large");
    expect((await lab.ask({ key: "small" })).status).toBe(200);
    expect((await lab.ask({ method: "HEAD", key: "large" })).status).toBe(503);
    expect((await lab.ask({ method: "HEAD", key: "large" })).status).toBe(503);
    expect((await lab.ask({ method: "HEAD", key: "large" })).status).toBe(200);
  });
  test("can bend the clock and the headers", async () => {
    lab.emulator.faults.next(1, { kind: "clock-skew", ms: -3_600_000 });
    const answer = await lab.ask({ key: "small" });
    expect(answer.code).toBe("RequestTimeTooSkewed");
    expect(answer.headers.date).toBe(new Date(lab.clock.now() - 3_600_000).toUTCString());
    once({ kind: "headers", set: { ETag: '"other"', "X-Cos-Hash-Crc64ecma": null, "Content-Length": null } });
    const bent = await lab.ask({ key: "small" });
    expect(bent.headers.etag).toBe('"other"');
    expect(bent.headers).not.toHaveProperty("x-cos-hash-crc64ecma");
    expect(bent.headers["transfer-encoding"]).toBe("chunked");
  });
  test("that delay pass the time before the answer", async () => {
    const before = lab.clock.now();
    once({ kind: "delay", ms: 5000 });
    expect((await lab.ask({ key: "small" })).status).toBe(200);
    expect(lab.clock.now() - before).toBe(5000);
  });
});

test("closing ends requests that hang and bodies that stall", async () => {
  const other = await openLab();
  other.emulator.bucket(photos).put("x", small);
  other.emulator.faults.use(({ key }) => (key === "x" ? { kind: "stall", afterBytes: 3 } : { kind: "hang" }));
  const asked = [brokenBy(other.ask({ key: "x" })), brokenBy(other.ask({ key: "y" }))];
  while (other.emulator.requests()["object.get"] < 2) await new Promise((resolve) => setImmediate(resolve));
  await other.emulator.close();
  for (const outcome of asked) expect(await outcome).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  await other.close();
});
