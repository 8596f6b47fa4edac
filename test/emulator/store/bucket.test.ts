/** A bucket against a model, over restarts: what is there, with which bytes, and that no file is kept for what is gone. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Body } from "../../../src/emulator/store/bodies.ts";
import { findBucket, makeBucket } from "../../../src/emulator/store/bucket.ts";
import type { ObjectRecord } from "../../../src/emulator/store/records.ts";
import { openStore, type Store } from "../../../src/emulator/store/store.ts";
import { quick } from "../../setup/quick.ts";

const name = "photos-1250000000";
const record = (key: string, body: Body, versionId?: string): ObjectRecord => ({
  key,
  body,
  size: 0,
  etag: "",
  modified: 0,
  headers: {},
  ...(versionId === undefined ? {} : { versionId }),
});

// Catches: a file that goes while the log is read again, because all that one line names in it is gone by the next.
test("bytes stay whose file was held by nothing but the writer for a while", () => {
  const folder = mkdtempSync(join(tmpdir(), "emulator-bucket-"));
  const store = openStore(folder);
  const bucket = makeBucket(store, name, { created: 0, acl: "private", protect: [], styles: [], versioning: "never" });
  const put = (key: string) => {
    const body = store.bodies.write(Buffer.from(`bytes of ${key}`));
    bucket.put(record(key, body));
    store.bodies.release(body);
  };
  put("first");
  bucket.erase("first", "null");
  put("second");
  store.close();
  const again = openStore(folder);
  expect(again.bodies.read(findBucket(again, name)!.find("second")!.body).toString()).toBe("bytes of second");
  again.close();
  rmSync(folder, { recursive: true, force: true });
});

const key = fc.constantFrom("a", "b");
const versionId = fc.option(fc.constantFrom("null", "v1", "v2"), { nil: undefined });
const step = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key, versionId, isStreamed: fc.boolean() }),
  fc.record({ kind: fc.constant("copy" as const), from: key, key, versionId }),
  fc.record({ kind: fc.constant("mark" as const), key, versionId: versionId.map((id) => id ?? "null") }),
  fc.record({ kind: fc.constant("erase" as const), key, versionId: versionId.map((id) => id ?? "null") }),
  fc.record({ kind: fc.constant("part" as const), partNumber: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("complete" as const), key }),
  fc.record({ kind: fc.constant("abort" as const) }),
  fc.record({ kind: fc.constant("restart" as const) }),
);

interface ModelVersion {
  readonly id: string;
  /** Undefined: a delete marker. */
  readonly text: string | undefined;
}

// Catches: a shared file that goes with the first of its bodies; parts that go when they become an object.
test.skipIf(quick)(
  "whatever is put, copied, marked, erased and uploaded in parts, what is there has its bytes, and nothing else has a file",
  () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const folder = mkdtempSync(join(tmpdir(), "emulator-bucket-"));
        let store: Store = openStore(folder);
        makeBucket(store, name, { created: 0, acl: "private", protect: [], styles: [], versioning: "never" });
        const bucket = () => findBucket(store, name)!;
        const model = new Map<string, readonly ModelVersion[]>();
        const parts = new Map<number, string>();
        let written = 0;
        const replace = (at: string, id: string, ...by: readonly ModelVersion[]) =>
          model.set(at, [...(model.get(at) ?? []).filter((version) => version.id !== id), ...by]);
        const text = () => `bytes ${written++} `;
        const stored = (content: string, isStreamed: boolean): Body => {
          if (!isStreamed) return store.bodies.write(Buffer.from(content));
          const writer = store.bodies.create();
          writer.write(Buffer.from(content));
          return writer.finish();
        };

        for (const taken of steps) {
          const upload = bucket().upload("upload");
          if (taken.kind === "put") {
            const content = text();
            const body = stored(content, taken.isStreamed);
            bucket().put(record(taken.key, body, taken.versionId));
            store.bodies.release(body);
            replace(taken.key, taken.versionId ?? "null", { id: taken.versionId ?? "null", text: content });
          } else if (taken.kind === "copy") {
            const source = bucket().find(taken.from);
            const content = model.get(taken.from)?.at(-1)?.text;
            expect(source === undefined).toBe(content === undefined);
            if (!source) continue;
            bucket().put(record(taken.key, source.body, taken.versionId));
            replace(taken.key, taken.versionId ?? "null", { id: taken.versionId ?? "null", text: content });
          } else if (taken.kind === "mark") {
            bucket().put({ isMarker: true, key: taken.key, versionId: taken.versionId, modified: 0 });
            replace(taken.key, taken.versionId, { id: taken.versionId, text: undefined });
          } else if (taken.kind === "erase") {
            bucket().erase(taken.key, taken.versionId);
            replace(taken.key, taken.versionId);
          } else if (taken.kind === "part") {
            if (!upload) bucket().begin({ uploadId: "upload", key: "any", started: 0, headers: {} });
            const content = text();
            const body = stored(content, true);
            const { partNumber } = taken;
            bucket().keepPart("upload", { partNumber, body, size: content.length, etag: "", modified: 0 });
            store.bodies.release(body);
            parts.set(partNumber, content);
          } else if (taken.kind === "complete" && upload) {
            // All parts but the first: it goes.
            const chosen = [...parts.keys()].sort().slice(1);
            const body = chosen.flatMap((partNumber) => upload.parts.get(String(partNumber))!.body);
            bucket().put(record(taken.key, body), "upload");
            replace(taken.key, "null", {
              id: "null",
              text: chosen.map((partNumber) => parts.get(partNumber)).join(""),
            });
            parts.clear();
          } else if (taken.kind === "abort" && upload) {
            bucket().abort("upload");
            parts.clear();
          } else if (taken.kind === "restart") {
            store.close();
            store = openStore(folder);
          }
        }

        const files = new Set<string>();
        const read = (body: Body) => {
          for (const { file } of body) files.add(file);
          return store.bodies.read(body).toString();
        };
        store.close();
        store = openStore(folder);
        const current: [string, string][] = [];
        for (const [at, versions] of model) {
          const found = bucket().versions(at);
          expect(found.map((version) => version.versionId ?? "null")).toEqual(versions.map(({ id }) => id));
          for (const { id, text: content } of versions) {
            const version = bucket().findVersion(at, id)!;
            expect("isMarker" in version ? undefined : read(version.body)).toBe(content);
          }
          const newest = versions.at(-1)?.text;
          if (newest !== undefined) current.push([at, newest]);
        }
        expect(Array.from(bucket().objects(), (object) => [object.key, read(object.body)])).toEqual(current.sort());
        const kept = bucket().upload("upload")?.parts;
        expect(kept?.size ?? 0).toBe(parts.size);
        for (const [partNumber, content] of parts) expect(read(kept!.get(String(partNumber))!.body)).toBe(content);
        expect(new Set(readdirSync(join(folder, "bodies")))).toEqual(files);
        store.close();
        rmSync(folder, { recursive: true, force: true });
      }),
      { numRuns: 80 },
    );
  },
);
