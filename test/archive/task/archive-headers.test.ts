import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveHeaders, preservedHeaders } from "../../../src/archive/task/archive-headers.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, key, lab, large, rowOf, run, small } from "./lab.ts";

const preserved = {
  "content-type": "image/jpeg",
  "cache-control": "max-age=60",
  "content-disposition": 'attachment; filename="a.jpg"',
  "content-encoding": "gzip",
  "content-language": "de",
  expires: "Sun, 22 Nov 2026 00:00:00 GMT",
  "x-cos-meta-owner": "我",
  "x-cos-meta-camera": "x100",
};
const provenance = {
  "x-cos-meta-original-bucket": "photos-1250000000",
  "x-cos-meta-original-etag": digestsOf(small).etag,
  "x-cos-meta-original-crc64": digestsOf(small).crc64,
  "x-cos-meta-original-modified": "2023-11-14T22:13:20.000Z",
  "x-cos-meta-original-run": run,
};

describe("what is archived of an original", () => {
  test("has its headers and metadata, and tells where it came from", async () => {
    const { source, archive, outcome } = lab();
    source.seed(key, small, { headers: preserved });
    await outcome(rowOf(small));
    expect(archive.object(archiveKey)?.headers).toEqual({ ...preserved, ...provenance });
    expect(Object.keys(preserved)).toEqual(expect.arrayContaining([...preservedHeaders]));
  });

  test("has them from a HEAD where the GET brings none of the object's headers, whatever the row tells", async () => {
    for (const bytes of [small, large]) {
      const { source, archive, outcome, asked } = lab();
      Object.assign(source.switches.originalBrings, { etag: false, crc64: false, meta: false, lastModified: false });
      source.seed(key, bytes, { headers: preserved });
      await outcome(rowOf(bytes));
      expect(archive.object(archiveKey)?.headers).toMatchObject(preserved);
      expect(asked()).toEqual([1, 1, 1, 1]);
    }
  });

  test("says how many tags the original had, which are not preserved", () => {
    const made = (count: string | undefined) =>
      archiveHeaders(
        { status: 200, headers: count === undefined ? {} : { "x-cos-tagging-count": count } },
        { from: "row" },
        { bucket: "b", run: "r" },
        {},
      )["x-cos-meta-original-tags"];
    expect([made("3"), made("0"), made(undefined)]).toEqual(["3", undefined, undefined]);
  });

  test("has the storage class and encryption that were asked for", async () => {
    const { source, archive, outcome } = lab({ storageClass: "STANDARD_IA", encryption: "cos/kms" });
    source.seed(key, small, { headers: { "x-cos-storage-class": "MAZ_STANDARD" } });
    await outcome(rowOf(small));
    expect(archive.object(archiveKey)?.headers).toMatchObject({
      "x-cos-storage-class": "STANDARD_IA",
      "x-cos-server-side-encryption": "cos/kms",
    });
  });

  test("does not inherit storage class, encryption, or what another archiving said of another source", () => {
    const headers = {
      "x-cos-storage-class": "ARCHIVE",
      "x-cos-server-side-encryption": "AES256",
      "x-cos-meta-original-etag": "stale",
      "x-cos-meta-original-run": "older",
    };
    const made = archiveHeaders({ status: 200, headers }, { from: "row" }, { bucket: "b", run: "r" }, {});
    expect(made).toEqual({ "x-cos-meta-original-bucket": "b", "x-cos-meta-original-run": "r" });
  });

  test("keeps metadata of 2 KB whole, and as much provenance beside it as fits, the run first", async () => {
    for (const free of [0, 60, 130, 400]) {
      const name = "x-cos-meta-notes";
      const { source, archive, outcome } = lab();
      source.seed(key, small, { headers: { [name]: "x".repeat(2048 - name.length - free) } });
      expect(await outcome(rowOf(small))).toMatchObject({ outcome: "archived" });
      const { headers = {} } = archive.object(archiveKey) ?? {};
      expect(headers[name]).toHaveLength(2048 - name.length - free);
      expect(headers["x-cos-meta-original-run"]).toBe(free === 0 ? undefined : run);
      expect("x-cos-meta-original-modified" in headers).toBe(free === 400);
    }
  });

  test("never exceeds 2 KB of metadata, unless the original does", () => {
    const meta = fc.dictionary(
      fc.stringMatching(/^[a-z-]{1,20}$/).map((name) => `x-cos-meta-${name}`),
      fc.string({ maxLength: 300 }),
      { maxKeys: 8 },
    );
    const bytesOf = (headers: Readonly<Record<string, string>>) =>
      Object.entries(headers)
        .filter(([name]) => name.startsWith("x-cos-meta-"))
        .reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
    fc.assert(
      fc.property(meta, fc.string({ maxLength: 100, unit: "grapheme" }), (headers, runId) => {
        const made = archiveHeaders({ status: 200, headers }, { from: "row" }, { bucket: "b", run: runId }, {});
        expect(bytesOf(made)).toBeLessThanOrEqual(Math.max(2048, bytesOf(headers)));
      }),
    );
  });
});
