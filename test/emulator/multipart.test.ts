import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc64 } from "../../src/checksum/crc64.ts";
import { multipartEtag } from "../../src/emulator/operations/complete-upload.ts";
import { type Ask, host, type Lab, openLab, photos } from "./lab.ts";

const MIB = 1024 * 1024;
let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
const bucket = () => lab.emulator.bucket(photos);

async function begin(key: string, headers: Ask["headers"] = {}): Promise<string> {
  const answer = await lab.ask({ method: "POST", key, query: [["uploads", ""]], headers });
  expect(answer.element("Key")).toBe(key);
  return answer.element("UploadId") ?? "";
}
const putPart = (key: string, uploadId: string, partNumber: number | string, body: Buffer | string, headers = {}) =>
  lab.ask({
    method: "PUT",
    key,
    body,
    headers,
    query: [
      ["partNumber", String(partNumber)],
      ["uploadId", uploadId],
    ],
  });
const complete = (key: string, uploadId: string, parts: readonly (readonly [number, string])[], headers = {}) =>
  lab.ask({
    method: "POST",
    key,
    headers,
    query: [["uploadId", uploadId]],
    body: `<CompleteMultipartUpload>${parts.map(([n, etag]) => `<Part><PartNumber>${n}</PartNumber><ETag>${etag}</ETag></Part>`).join("")}</CompleteMultipartUpload>`,
  });

describe("a multipart upload", () => {
  test("becomes one object of all chosen parts, with ETag, CRC64 and metadata, and outlives restarts at every step", async () => {
    const bodies = [Buffer.alloc(MIB, "one "), Buffer.alloc(2 * MIB + 3, "two "), Buffer.from("the last")];
    const uploadId = await begin("whole.bin", {
      "x-cos-meta-a": "1",
      "content-type": "image/jpeg",
      "x-cos-storage-class": "STANDARD_IA",
    });
    await putPart("whole.bin", uploadId, 7, Buffer.alloc(MIB, "replaced"));
    await lab.restart();
    const etags: [number, string][] = [];
    for (const [at, partNumber] of [3, 7, 9].entries()) {
      const body = bodies[at]!;
      const answer = await putPart("whole.bin", uploadId, partNumber, body);
      expect(answer.headers["x-cos-hash-crc64ecma"]).toBe(crc64(body));
      etags.push([partNumber, answer.headers.etag ?? ""]);
    }
    await putPart("whole.bin", uploadId, 10, "not chosen");
    await lab.restart();
    const whole = Buffer.concat(bodies);
    const done = await complete("whole.bin", uploadId, etags);
    const etag = multipartEtag(etags.map(([, part]) => part.replaceAll('"', "")));
    expect(etag).toMatch(/^[0-9a-f]{32}-3$/);
    expect(done.element("ETag")).toBe(`&quot;${etag}&quot;`);
    expect(done.element("CRC64")).toBe(crc64(whole));
    await lab.restart();
    const got = await lab.ask({ key: "whole.bin" });
    expect(got.body.equals(whole)).toBe(true);
    expect(got.headers).toMatchObject({
      etag: `"${etag}"`,
      "x-cos-hash-crc64ecma": crc64(whole),
      "x-cos-meta-a": "1",
      "content-type": "image/jpeg",
      "x-cos-storage-class": "STANDARD_IA",
    });
    const range = await lab.ask({ key: "whole.bin", headers: { range: `bytes=${MIB - 2}-${3 * MIB + 4}` } });
    expect(range.body.equals(whole.subarray(MIB - 2, 3 * MIB + 5))).toBe(true);
    expect(await complete("whole.bin", uploadId, etags)).toMatchObject({ status: 404, code: "NoSuchUpload" });
    bucket().delete("whole.bin");
  });

  test("takes parts that are copied, whole or by range", async () => {
    bucket().put("source", Buffer.alloc(2 * MIB, "0123456789"));
    const uploadId = await begin("copied.bin");
    const headers = { "x-cos-copy-source": `${host}/source` };
    const first = await putPart("copied.bin", uploadId, 1, "", headers);
    const second = await putPart("copied.bin", uploadId, 2, "", { ...headers, "x-cos-copy-source-range": "bytes=1-3" });
    const tag = (answer: typeof first) => answer.element("ETag")?.replaceAll("&quot;", '"') ?? "";
    expect(
      (
        await complete("copied.bin", uploadId, [
          [1, tag(first)],
          [2, tag(second)],
        ])
      ).status,
    ).toBe(200);
    expect(
      bucket()
        .get("copied.bin")
        ?.bytes.subarray(2 * MIB)
        .toString(),
    ).toBe("123");
  });

  test("has no CRC64 when a part has none", async () => {
    const uploadId = await begin("old.bin");
    const first = await putPart("old.bin", uploadId, 1, Buffer.alloc(MIB));
    lab.emulator.turn({ oldObjectsWithoutCrc64: true });
    const second = await putPart("old.bin", uploadId, 2, "x");
    lab.emulator.turn({ oldObjectsWithoutCrc64: false });
    const done = await complete("old.bin", uploadId, [
      [1, first.headers.etag!],
      [2, second.headers.etag!],
    ]);
    expect(done.status).toBe(200);
    expect(done.element("CRC64")).toBeUndefined();
  });

  test("is refused where its list of parts is wrong, and can still be completed rightly", async () => {
    const uploadId = await begin("strict.bin");
    const tags = [];
    for (const body of ["too small", "last"]) {
      tags.push((await putPart("strict.bin", uploadId, tags.length + 1, body)).headers.etag!);
    }
    const [one = "", two = ""] = tags;
    expect(
      (
        await complete("strict.bin", uploadId, [
          [1, one],
          [2, two],
        ])
      ).code,
    ).toBe("EntityTooSmall");
    expect(
      (
        await complete("strict.bin", uploadId, [
          [2, two],
          [1, one],
        ])
      ).code,
    ).toBe("InvalidPartOrder");
    expect((await complete("strict.bin", uploadId, [[1, two]])).code).toBe("InvalidPart");
    expect((await complete("strict.bin", uploadId, [[5, one]])).code).toBe("InvalidPart");
    expect((await complete("strict.bin", uploadId, [])).code).toBe("MalformedXML");
    expect(bucket().head("strict.bin")).toBeUndefined();
    expect((await complete("strict.bin", uploadId, [[2, two]])).status).toBe(200);
    expect(bucket().get("strict.bin")?.bytes.toString()).toBe("last");
  });

  test("heeds forbid-overwrite when it is completed", async () => {
    const uploadId = await begin("guarded.bin");
    const part = await putPart("guarded.bin", uploadId, 1, "late");
    bucket().put("guarded.bin", Buffer.from("early"));
    const headers = { "x-cos-forbid-overwrite": "true" };
    const answer = await complete("guarded.bin", uploadId, [[1, part.headers.etag!]], headers);
    expect(answer).toMatchObject({ status: 409, code: "FileAlreadyExists" });
    expect(bucket().get("guarded.bin")?.bytes.toString()).toBe("early");
  });

  test("can be aborted, and is then unknown", async () => {
    const uploadId = await begin("aborted.bin");
    await putPart("aborted.bin", uploadId, 1, Buffer.alloc(MIB));
    const query = [["uploadId", uploadId]] as const;
    expect((await lab.ask({ method: "DELETE", key: "aborted.bin", query })).status).toBe(204);
    for (const method of ["DELETE", "GET", "POST"]) {
      expect(
        (await lab.ask({ method, key: "aborted.bin", query, body: method === "POST" ? "<x/>" : undefined })).code,
      ).toBe("NoSuchUpload");
    }
    expect((await putPart("aborted.bin", uploadId, 1, "x")).code).toBe("NoSuchUpload");
    const other = await begin("a key");
    expect((await putPart("another key", other, 1, "x")).code).toBe("NoSuchUpload");
  });

  test.each(["0", "10001", "x", "-1"])("has no part number %s", async (partNumber) => {
    const uploadId = await begin("numbers.bin");
    expect((await putPart("numbers.bin", uploadId, partNumber, "x")).code).toBe("InvalidArgument");
  });

  test("pages its parts", async () => {
    const uploadId = await begin("paged.bin");
    for (const n of [4, 2, 8]) await putPart("paged.bin", uploadId, n, `part ${n}`);
    const page = await lab.ask({
      key: "paged.bin",
      query: [
        ["uploadId", uploadId],
        ["max-parts", "2"],
      ],
    });
    expect([...page.text.matchAll(/<PartNumber>(\d+)</g)].map(([, n]) => n)).toEqual(["2", "4"]);
    expect(page.element("NextPartNumberMarker")).toBe("4");
    const rest = await lab.ask({
      key: "paged.bin",
      query: [
        ["uploadId", uploadId],
        ["part-number-marker", "4"],
      ],
    });
    expect([...rest.text.matchAll(/<PartNumber>(\d+)</g)].map(([, n]) => n)).toEqual(["8"]);
    expect(rest.element("IsTruncated")).toBe("false");
  });
});
