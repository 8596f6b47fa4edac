/** Which proof is used, what it rests on and what it costs, for everything that may be known and everything a GET may bring. */
import { describe, expect, test } from "vitest";
import type { PlannedRow } from "../../../src/ledger/plan/shard-rows.ts";
import { proofFloors } from "../../../src/vocabulary/choices.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { archiveKey, expectArchived, key, lab, large, small } from "./lab.ts";

interface Known {
  readonly says: string;
  readonly row: (bytes: Buffer) => PlannedRow;
  /** The object's ETag where it is no MD5. */
  readonly etag?: string;
  /** Which proofs the row allows, and which a HEAD does. */
  readonly inRow: readonly ("content-md5" | "crc64")[];
  readonly inHead: readonly ("content-md5" | "crc64")[];
}

const both = ["content-md5", "crc64"] as const;
const parts = "0123456789abcdef0123456789abcdef-3";
const knowns: readonly Known[] = [
  { says: "size, MD5 and CRC64", row: (b) => ({ key, size: b.length, ...digestsOf(b) }), inRow: both, inHead: both },
  {
    says: "size and MD5",
    row: (b) => ({ key, size: b.length, etag: digestsOf(b).etag }),
    inRow: ["content-md5"],
    inHead: both,
  },
  { says: "an MD5 alone", row: (b) => ({ key, etag: digestsOf(b).etag }), inRow: ["content-md5"], inHead: both },
  {
    says: "size and CRC64",
    row: (b) => ({ key, size: b.length, crc64: digestsOf(b).crc64 }),
    inRow: ["crc64"],
    inHead: both,
  },
  {
    says: "size, the ETag of a multipart upload and CRC64",
    row: (b) => ({ key, size: b.length, etag: parts, crc64: digestsOf(b).crc64 }),
    etag: parts,
    inRow: ["crc64"],
    inHead: ["crc64"],
  },
  {
    says: "size and the ETag of a multipart upload",
    row: (b) => ({ key, size: b.length, etag: parts }),
    etag: parts,
    inRow: [],
    inHead: ["crc64"],
  },
  { says: "the size alone", row: (b) => ({ key, size: b.length }), inRow: [], inHead: both },
  { says: "nothing but the key", row: () => ({ key }), inRow: [], inHead: both },
];

/** GET brings …, chunked or with its length. */
const replies = [true, false].flatMap((etag) =>
  [true, false].flatMap((crc64) => [true, false].map((contentLength) => ({ etag, crc64, contentLength }))),
);

describe.each(knowns)("a row that tells $says", ({ row, etag, inRow, inHead }) => {
  describe.each(proofFloors)("with --proof %s", (floor) => {
    const allows = (proof: "content-md5" | "crc64") => floor !== "content-md5" || proof === "content-md5";
    // A floor of crc64 is met by the CRC64 itself before any MD5; otherwise the MD5, which costs nothing here.
    const best = (from: readonly ("content-md5" | "crc64")[]) => {
      const order = floor === "crc64" ? (["crc64", "content-md5"] as const) : both;
      return order.find((proof) => from.includes(proof) && allows(proof));
    };

    test.each([
      ["held whole", small, replies],
      ["streamed", large, replies.filter((brings) => brings.etag === brings.crc64)],
    ])("is archived by the strongest proof, %s, for one GET and no HEAD too many", async (_, bytes, brought) => {
      for (const brings of brought) {
        const { source, archive, outcome, asked } = lab({ proof: floor, ifExists: "overwrite" });
        // A reply that brings neither brings nothing of the object at all.
        const some = brings.etag || brings.crc64;
        Object.assign(source.switches.originalBrings, brings, { meta: some, lastModified: some });
        source.seed(key, bytes, { headers: { "x-cos-meta-a": "1" }, ...(etag === undefined ? {} : { etag }) });
        const planned = row(bytes);
        const ended = await outcome(planned);

        // A length alone proves nothing of a reply that does not name the object.
        const bySize = floor === "size" && planned.size !== undefined && some;
        const fromRow = best(inRow) ?? (bySize ? "size" : undefined);
        const sizeless = planned.size === undefined && !brings.contentLength;
        const proof = fromRow === undefined || sizeless ? best(inHead) : fromRow;
        const heads = fromRow === undefined || !some || sizeless ? 1 : 0;
        const told = `GET brings ${JSON.stringify(brings)}`;
        if (proof === undefined) {
          expect(ended, told).toMatchObject({ outcome: "failed", code: "NoProof" });
          expect(asked(), told).toEqual([1, heads, 0, 0]);
          expect(archive.keys(), told).toEqual([]);
          continue;
        }
        expect(ended, told).toMatchObject({
          outcome: "archived",
          proof,
          archiveKey,
          attempts: 1,
          status: 200,
          receivedSize: bytes.length,
          receivedCrc64: digestsOf(bytes).crc64,
        });
        expect(ended.expectedFrom, told).toBe(fromRow === undefined || sizeless ? "head" : "row");
        expect(asked(), told).toEqual([1, heads, 1, 0]);
        expectArchived(archive, bytes);
        expect(archive.object(archiveKey)?.headers["x-cos-meta-a"], told).toBe("1");
      }
    });
  });
});

describe("--expect get", () => {
  test.each([
    ["held whole", small],
    ["streamed", large],
  ])("trusts what the GET says of itself, %s", async (_, bytes) => {
    const { source, archive, outcome, asked } = lab({ expect: "get", ifExists: "overwrite" });
    source.seed(key, bytes);
    expect(await outcome({ key })).toMatchObject({ outcome: "archived", proof: "content-md5", expectedFrom: "get" });
    expect(asked()).toEqual([1, 0, 1, 0]);
    expectArchived(archive, bytes);
  });

  test("asks the source where the GET tells too little", async () => {
    for (const brings of [{ etag: false, crc64: false }, { contentLength: false }]) {
      const { source, archive, outcome, asked } = lab({ expect: "get", ifExists: "overwrite" });
      Object.assign(source.switches.originalBrings, brings);
      source.seed(key, small);
      expect(await outcome({ key })).toMatchObject({ outcome: "archived", proof: "content-md5", expectedFrom: "head" });
      expect(asked()).toEqual([1, 1, 1, 0]);
      expectArchived(archive, small);
    }
  });

  test("still proves by the row what the row tells", async () => {
    const { source, outcome, asked } = lab({ expect: "get", ifExists: "overwrite" });
    source.seed(key, small);
    const { etag } = digestsOf(small);
    expect(await outcome({ key, size: small.length, etag })).toMatchObject({
      proof: "content-md5",
      expectedFrom: "row",
    });
    expect(asked()).toEqual([1, 0, 1, 0]);
  });
});

test("an original without MD5 and CRC64 can't be proven, unless --proof size accepts its length", async () => {
  for (const bytes of [small, large]) {
    const strict = lab();
    strict.source.seed(key, bytes, { etag: parts, crc64: null });
    expect(await strict.outcome()).toMatchObject({ outcome: "failed", code: "NoProof" });
    expect(strict.asked()).toEqual([1, 1, 0, 1]);

    const lax = lab({ proof: "size" });
    lax.source.seed(key, bytes, { etag: parts, crc64: null });
    expect(await lax.outcome()).toMatchObject({ outcome: "archived", proof: "size", expectedFrom: "head" });
    expectArchived(lax.archive, bytes);
  }
});
