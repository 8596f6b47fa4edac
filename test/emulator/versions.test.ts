import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createBucketClient } from "../../src/cos/client.ts";
import { staticCredentials } from "../../src/credentials/credentials.ts";
import type { ListedVersion, VersionMarker } from "../../src/objects/versions.ts";
import { credentials, type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
beforeEach(async () => {
  lab = await openLab({ buckets: [{ name: photos }] });
});
afterEach(() => lab.close());
const bucket = () => lab.emulator.bucket(photos);
const put = async (body: string) => (await lab.ask({ method: "PUT", key: "v", body })).headers["x-cos-version-id"];
const get = (versionId: string) => lab.ask({ key: "v", query: [["versionId", versionId]] });

describe("a bucket with versioning", () => {
  test("keeps every version, and deletes by marker, across restarts", async () => {
    await put("before versioning");
    bucket().configure({ versioning: "Enabled" });
    const first = (await put("first"))!;
    const second = (await put("second"))!;
    expect(first).not.toBe(second);
    const deleted = await lab.ask({ method: "DELETE", key: "v" });
    expect(deleted.headers["x-cos-delete-marker"]).toBe("true");
    const marker = deleted.headers["x-cos-version-id"]!;
    await lab.restart();

    const gone = await lab.ask({ key: "v" });
    expect(gone).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(gone.headers["x-cos-delete-marker"]).toBe("true");
    expect((await get(marker)).status).toBe(404);
    expect((await get("null")).text).toBe("before versioning");
    expect((await get(first)).text).toBe("first");
    expect((await get(second)).headers["x-cos-version-id"]).toBe(second);
    expect(bucket().keys()).toEqual([]);

    await lab.ask({ method: "DELETE", key: "v", query: [["versionId", marker]] });
    expect((await lab.ask({ key: "v" })).text).toBe("second");
    await lab.ask({ method: "DELETE", key: "v", query: [["versionId", second]] });
    await lab.restart();
    expect((await lab.ask({ key: "v" })).text).toBe("first");
    expect((await get(second)).code).toBe("NoSuchVersion");
  });

  test("lists the newest versions, and no key whose newest is a delete marker", async () => {
    bucket().configure({ versioning: "Enabled" });
    await put("first");
    await put("the newest");
    bucket().put("gone", Buffer.from("x"));
    await lab.ask({ method: "DELETE", key: "gone" });
    const { text } = await lab.ask();
    expect(
      [...text.matchAll(/<Key>(.*?)<\/Key>[\s\S]*?<Size>(\d+)<\/Size>/g)].map(([, key, size]) => [key, size]),
    ).toEqual([["v", String("the newest".length)]]);
  });

  test("lists all of them, page by page, of each key the newest first", async () => {
    bucket().configure({ versioning: "Enabled" });
    for (const body of ["1", "22", "333"]) await put(body);
    bucket().put("a +b", Buffer.from("x"));
    await lab.ask({ method: "DELETE", key: "v" });
    const client = createBucketClient({
      bucket: photos,
      region: "ap-guangzhou",
      endpoint: lab.emulator.url,
      credentials: staticCredentials(credentials),
      clock: lab.clock,
    });
    onTestFinished(() => client.close());
    expect(await client.versioning()).toBe("on");
    const all: ListedVersion[] = [];
    let after: VersionMarker | undefined;
    do {
      const page = await client.listVersions({ maxKeys: 2, after });
      expect(page.versions.length).toBeLessThanOrEqual(2);
      all.push(...page.versions);
      after = page.next;
    } while (after !== undefined);
    expect(all.map(({ key, size, isDeleted, isLatest }) => [key, size, isDeleted, isLatest])).toEqual([
      ["a +b", 1, false, true],
      ["v", 0, true, true],
      ["v", 3, false, false],
      ["v", 2, false, false],
      ["v", 1, false, false],
    ]);
    const second = all.find(({ size }) => size === 2);
    expect((await client.get("v", { versionId: second?.versionId })).bytes?.toString()).toBe("22");
    expect((await client.listVersions({ prefix: "a" })).versions).toHaveLength(1);
  });

  test("ignores forbid-overwrite, also once it is suspended", async () => {
    for (const versioning of ["Enabled", "Suspended"] as const) {
      bucket().configure({ versioning });
      await put("x");
      const headers = { "x-cos-forbid-overwrite": "true" };
      expect((await lab.ask({ method: "PUT", key: "v", body: "y", headers })).status).toBe(200);
    }
  });

  test("suspended, has one version called null, which no reply names", async () => {
    bucket().configure({ versioning: "Enabled" });
    const first = (await put("first"))!;
    bucket().configure({ versioning: "Suspended" });
    expect(await put("null 1")).toBeUndefined();
    expect(await put("null 2")).toBeUndefined();
    await lab.restart();
    expect((await get("null")).text).toBe("null 2");
    expect((await get(first)).text).toBe("first");
    await lab.ask({ method: "DELETE", key: "v" });
    expect((await get("null")).status).toBe(404);
    expect((await lab.ask({ key: "v" })).status).toBe(404);
    expect((await get(first)).text).toBe("first");
  });

  test("is told of and switched by its own API", async () => {
    const query = [["versioning", ""]] as const;
    expect((await lab.ask({ query })).element("Status")).toBeUndefined();
    const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    expect((await lab.ask({ method: "PUT", query, body })).status).toBe(200);
    expect((await lab.ask({ query })).element("Status")).toBe("Enabled");
    expect((await lab.ask({ method: "PUT", query, body: body.replace("Enabled", "On") })).code).toBe("MalformedXML");
  });

  test("serves the version that an original is asked of", async () => {
    bucket().configure({ versioning: "Enabled", protect: "all" });
    const put = (body: string) => bucket().put("p.jpg", Buffer.from(body)).versionId!;
    const [first] = [put("first"), put("second")];
    const query = [
      ["ci-process", "originImage"],
      ["versionId", first],
    ] as const;
    expect((await lab.ask({ key: "p.jpg", query })).text).toBe("first");
  });
});
