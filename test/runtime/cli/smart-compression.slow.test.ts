/** A bucket under Smart Compression in mode Auto: plain copies of it would be slim, ours are the originals. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BucketClient, createBucketClient } from "../../../src/cos/client.ts";
import { environmentCredentials } from "../../../src/credentials/environment.ts";
import type { Finding } from "../../../src/run/inspect/doctor-findings.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { runCli } from "./built.ts";
import { archive, keys, type Lab, openLab, source } from "./lab.ts";

let lab: Lab;
let client: BucketClient;
beforeAll(async () => {
  lab = await openLab();
  client = createBucketClient({
    bucket: source,
    region: "ap-guangzhou",
    endpoint: lab.emulator.url,
    credentials: environmentCredentials(lab.env),
    clock: systemClock,
  });
});
afterAll(async () => {
  await client.close();
  await lab.close();
});

const md5 = (bytes: Buffer | undefined) =>
  createHash("md5")
    .update(bytes ?? "")
    .digest("hex");

describe.each([
  ["without protection", []],
  ["under protection", ["png"]],
])("image-slim Auto %s", (_, protect) => {
  it("is archived whole, byte by byte", async () => {
    lab.next();
    lab.emulator.bucket(source).configure({ protect, slim: ["png"] });
    const { code, stderr } = await lab.run(["--list", "--run", `slim-${protect.length}`]);
    expect(code, stderr).toBe(0);
    for (const key of keys) {
      const original = lab.original(key);
      expect(lab.archived(key)?.equals(original ?? Buffer.alloc(0)), key).toBe(true);
      const plain = await client.exactReply({ method: "GET", key });
      if (protect.length > 0) expect(plain).toMatchObject({ status: 403, errNo: -154 });
      else {
        // The original's name on other bytes: what a plain copier would have kept.
        expect(plain).toMatchObject({ status: 200, etag: md5(original), headers: { "x-slimflag": "1" } });
        expect(plain.body?.size).toBeLessThan(original?.length ?? 0);
        expect(plain.body?.md5).not.toBe(md5(original));
      }
    }
  });

  it("is told by doctor, and no longer once it is set to API", async () => {
    lab.next();
    lab.emulator.bucket(source).configure({ protect, slim: ["png"] });
    const doctor = async () => {
      const { stdout } = await runCli(lab.built.cli, ["doctor", "--archive", lab.place(), "--json"], lab.env);
      const { findings }: { readonly findings: readonly Finding[] } = JSON.parse(stdout);
      return (check: string) => findings.find((each) => each.check === check);
    };
    const of = await doctor();
    expect(of("smart compression")).toMatchObject({
      verdict: "good",
      says: expect.stringContaining("plain GETs of png smaller"),
    });
    expect(of("original")?.verdict).toBe("good");
    expect(of("protection")?.verdict).toBe("good");
    lab.emulator.bucket(source).configure({ slim: [] });
    expect((await doctor())("smart compression")?.says).toContain("leaves plain GETs as they are");
    expect(
      lab.emulator
        .bucket(archive)
        .keys()
        .some((key) => key.startsWith(lab.place())),
    ).toBe(false);
  });
});
