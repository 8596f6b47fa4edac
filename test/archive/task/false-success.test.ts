/** Replies that say success and are none: somebody else's, or the service's own that say nothing of the object. */
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { expectations, proofFloors } from "../../../src/vocabulary/choices.ts";
import { digestsOf } from "../../stores/memory-objects.ts";
import { gatewayLab, isOriginal, isPut, isSourceHead, key, rowOf } from "./gateway-lab.ts";
import { bytesOf, large, small } from "./lab.ts";

const page = "<html><body>Sign in to the network</body></html>";
const lab = gatewayLab();

describe.each(proofFloors)("a gateway's page under --proof %s", (proof) => {
  describe.each(expectations)("and --expect %s", (expect_) => {
    test.each([
      ["to the fetch", isOriginal],
      ["to the fetch and the HEAD", (request: IncomingMessage) => isOriginal(request) || isSourceHead(request)],
    ])("%s is never archived, whatever the row tells", async (_, which) => {
      lab.seed(bytesOf(page.length));
      lab.replace(which, "get-gateway-page");
      for (const row of [{ key }, { key, size: page.length }, rowOf(bytesOf(page.length))]) {
        const ended = await lab.archiveIt(row, { proof, expect: expect_, maxAttempts: 2 });
        expect(ended).toMatchObject({ kind: "refused", outcome: { outcome: "failed", code: "NotTheService" } });
        expect(ended.outcome.message).toContain("without x-cos-request-id");
        expect(ended.outcome.message).toContain("what gateway or proxy lies between");
        expect(lab.archived()).toBeUndefined();
      }
    });
  });
});

test("a gateway that went away is no more than a lost try", async () => {
  lab.seed(small);
  lab.replace((request) => isOriginal(request) && lab.gateway().answered() === 0, "get-gateway-page");
  expect(await lab.archiveIt(rowOf(small))).toMatchObject({ outcome: { outcome: "archived", attempts: 2 } });
  expect(lab.archived()?.equals(small)).toBe(true);
});

test("a gateway that answered once, after other things had gone wrong, fails no row", async () => {
  lab.seed(small);
  const fetches: IncomingMessage[] = [];
  lab.replace((request) => isOriginal(request) && fetches.push(request) === 3, "get-gateway-page");
  lab
    .emulator()
    .faults.next(2, { kind: "error", code: "InternalError" }, ({ operation }) => operation === "object.original");
  expect(await lab.archiveIt(rowOf(small))).toMatchObject({ outcome: { outcome: "archived", attempts: 4 } });
  expect(lab.archived()?.equals(small)).toBe(true);
});

describe.each([
  ["held whole", small],
  ["streamed", large],
])("an upload, %s, answered", (_, bytes) => {
  test.each(["put-bare-200", "put-bare-204"])("by a gateway (%s) archives nothing", async (name) => {
    lab.seed(bytes);
    lab.replace(isPut, name);
    expect(await lab.archiveIt(rowOf(bytes), { maxAttempts: 2 })).toMatchObject({
      outcome: { outcome: "failed", code: "NotTheService" },
    });
    expect(lab.archived()).toBeUndefined();
  });

  test("by a gateway once the archive had stored it, is paid for once", async () => {
    lab.seed(bytes);
    lab.emulator().faults.next(1, strippedOf("x-cos-request-id"), puts);
    expect(await lab.archiveIt(rowOf(bytes))).toMatchObject({
      outcome: { outcome: "archived" },
      requests: { "source.get": 1 },
    });
    expect(lab.archived()?.equals(bytes)).toBe(true);
  });

  test.each(proofFloors)(
    "with neither ETag nor CRC64 is archived by what a HEAD says, under --proof %s",
    async (proof) => {
      lab.seed(bytes);
      lab.emulator().faults.use((request) => (puts(request) ? strippedOf("ETag", "x-cos-hash-crc64ecma") : undefined));
      expect(await lab.archiveIt({ key }, { proof, ifExists: "overwrite" })).toMatchObject({
        outcome: { outcome: "archived", receivedSize: bytes.length, receivedCrc64: digestsOf(bytes).crc64 },
        requests: { "source.get": 1, "archive.put": 1, "archive.head": 1 },
      });
    },
  );

  test("with neither, and nothing stored, or other bytes, is ArchiveMismatch", async () => {
    lab.seed(bytes);
    const bare = Buffer.from("HTTP/1.1 200 OK\r\nx-cos-request-id: EXAMPLE4\r\nContent-Length: 0\r\n\r\n");
    lab.gateway().answer((request) => (isPut(request) ? bare : undefined));
    const nothing = await lab.archiveIt(rowOf(bytes), { ifExists: "overwrite" });
    expect(nothing.outcome).toMatchObject({ outcome: "failed", code: "ArchiveMismatch" });
    expect(nothing.outcome.message).toContain("holds nothing under its key");
    lab.emulator().bucket("kept-1250000000").put(key, bytesOf(bytes.length, 5));
    const other = await lab.archiveIt(rowOf(bytes), { ifExists: "overwrite" });
    expect(other.outcome).toMatchObject({ outcome: "failed", code: "ArchiveMismatch" });
    expect(other.outcome.message).toContain("holds CRC64");
  });
});

const puts = ({ operation }: { readonly operation: string }) => operation === "object.put";
const strippedOf = (...names: string[]) =>
  ({ kind: "headers", set: Object.fromEntries(names.map((name) => [name, null])) }) as const;

describe("a fetch whose reply tells neither ETag nor CRC64", () => {
  const bare = { originImageSendsEtag: false, originImageSendsCrc64: false } as const;
  const sized = { key, size: small.length };

  test("is proven by a HEAD where the row tells a length alone, also under --proof size", async () => {
    lab.seed(small);
    lab.emulator().turn(bare);
    for (const expect_ of expectations) {
      expect(await lab.archiveIt(sized, { proof: "size", expect: expect_, ifExists: "overwrite" })).toMatchObject({
        outcome: { outcome: "archived", proof: "content-md5", expectedFrom: "head" },
        requests: { "source.get": 1, "source.head": 1 },
      });
    }
    lab
      .emulator()
      .faults.use((request) => (request.operation === "object.original" ? { kind: "flip", offset: 3 } : undefined));
    expect(await lab.archiveIt(sized, { proof: "size", ifExists: "overwrite" })).toMatchObject({
      outcome: { outcome: "failed", code: "NotTheOriginal" },
    });
  });

  test("can't be proven by its length, where the source's HEAD tells no checksum either", async () => {
    lab.seed(small);
    lab.emulator().turn(bare);
    const parts = { kind: "headers", set: { ETag: `"${"0".repeat(32)}-2"`, "x-cos-hash-crc64ecma": null } } as const;
    lab.emulator().faults.use((request) => (request.operation === "object.head" ? parts : undefined));
    for (const expect_ of expectations) {
      const ended = await lab.archiveIt(sized, { proof: "size", expect: expect_, ifExists: "overwrite" });
      expect(ended.outcome).toMatchObject({ outcome: "failed", code: "NoProof" });
      expect(ended.outcome.message).toContain("its length alone proves nothing");
      expect(lab.archived()).toBeUndefined();
    }
  });
});
