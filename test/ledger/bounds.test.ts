/** What is read whole has a bound, behind gzip too, and a sentence. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import { createLedgerStore } from "../../src/ledger/store.ts";
import { rowsOf } from "../../src/run/plan/rows.ts";
import { archivePlace, createWorld, region, sourcePlace } from "../run/world.ts";
import { quick } from "../setup/quick.ts";
import { fakeClock } from "../stores/fake-clock.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";

const MiB = 1024 * 1024;

describe("an object of the ledger", () => {
  test.skipIf(quick)("that is larger than any that is written is refused by its name", async () => {
    const clock = fakeClock();
    const bucket = createMemoryBucket({ clock, name: "ledger-1250000000" });
    bucket.seed("runs/r/run.json", Buffer.alloc(65 * MiB));
    bucket.seed("runs/r/request.json", Buffer.alloc(63 * MiB));
    const store = createLedgerStore({ bucket, prefix: "runs/r/", clock, random: () => 0.5 });
    await expect(store.get("run.json")).rejects.toMatchObject({
      code: "LedgerUnreadable",
      message: expect.stringContaining("cos://ledger-1250000000/runs/r/run.json has more than 64 MiB"),
    });
    expect((await store.get("request.json"))?.length).toBe(63 * MiB);
  });

  test.skipIf(quick)("that unpacks to more than any that is written is refused before it is unpacked whole", () => {
    const packed = gzipSync(Buffer.alloc(300 * MiB));
    expect(packed.length).toBeLessThan(MiB);
    expect(() => decodeSegment(packed, "cos://l/x.jsonl.gz")).toThrow(/x\.jsonl\.gz unpacks to more than 128 MiB/);
  });
});

describe("an inventory's manifest.json", () => {
  test.skipIf(quick)("that has no end is refused by its name", async () => {
    const world = createWorld();
    world.source.seed("inv/manifest.json", Buffer.alloc(40 * MiB, " "));
    const etag = world.source.object("inv/manifest.json")?.etag ?? "";
    const rows = { kind: "object", bucket: sourcePlace.bucket, region, key: "inv/manifest.json", etag } as const;
    const request = {
      run: "r",
      source: sourcePlace,
      archive: archivePlace,
      rows: { ...rows, format: "cos-inventory" } as const,
      options: runOptionsSchema.parse({}),
    };
    const read = async () => {
      for await (const _ of rowsOf(request, world.surroundings)) throw new Error("there is no row");
    };
    await expect(read()).rejects.toMatchObject({
      code: "InventoryInvalid",
      message: expect.stringContaining("manifest.json: it has more than 32 MiB"),
    });
  });
});
