/**
 * The objects of one bucket as a value: a request takes them to the objects after it, and what they were before stays as it
 * was. So the search can go back to any state without doing anything over again.
 */
import type { BucketError } from "../../src/objects/error.ts";
import { refusal } from "../stores/bucket-fault.ts";
import { digestsOf, type StoredObject } from "../stores/memory-objects.ts";
import { everything, headersOf, infoOf } from "../stores/memory-reply.ts";
import { digestOf, together } from "./digest.ts";
import type { StoreRequest } from "./request.ts";

export interface Objects {
  readonly byKey: ReadonlyMap<string, StoredObject>;
  /** Says which objects of which bytes there are, and since when. */
  readonly digest: string;
}

export const noObjects: Objects = { byKey: new Map(), digest: digestOf("") };

/** What a process is told. `says` tells two answers apart: the same words are the same answer. */
export type Answer =
  | { readonly says: string; readonly value: unknown }
  | { readonly says: string; readonly error: BucketError };

export interface Effect {
  readonly objects: Objects;
  readonly answer: Answer;
}

const inSeconds = (ms: number) => Math.floor(ms / 1000) * 1000;

const lines = new WeakMap<StoredObject, string>();

function lineOf(object: StoredObject): string {
  const known = lines.get(object) ?? digestOf(`${object.key} ${object.etag} ${object.lastModified}`);
  lines.set(object, known);
  return known;
}

export function withObject(objects: Objects, object: StoredObject): Objects {
  const before = objects.byKey.get(object.key);
  const without = before === undefined ? objects.digest : together(objects.digest, lineOf(before));
  const byKey = new Map(objects.byKey).set(object.key, object);
  // A pulse is read only where rows are refused, or failures counted: here nobody does.
  return object.key.includes("/pulse/")
    ? { byKey, digest: objects.digest }
    : { byKey, digest: together(without, lineOf(object)) };
}

export function storedObject(key: string, bytes: Buffer, headers: StoredObject["headers"], now: number): StoredObject {
  return { key, bytes, ...digestsOf(bytes), headers, lastModified: inSeconds(now), versionId: undefined };
}

/** What a request does at the moment when it takes effect, with the semantics of test/stores/memory-bucket.ts. */
export function effectOf(objects: Objects, request: StoreRequest, now: number): Effect {
  const unchanged = (answer: Answer): Effect => ({ objects, answer });
  const refused = (code: string) => unchanged({ says: code, error: refusal(code, { what: request.kind }) });
  const there = request.kind === "list" ? undefined : objects.byKey.get(request.key);
  switch (request.kind) {
    case "list": {
      const { prefix, marker } = request;
      const below = [...objects.byKey.values()]
        .filter(({ key }) => key.startsWith(prefix) && key > marker)
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      if (below.length > 1000) throw new Error("the listings of so small a run are of one page");
      const serverTime = inSeconds(now);
      const says = `${serverTime} ${below.reduce((sum, object) => together(sum, lineOf(object)), noObjects.digest)}`;
      const found = below.map(({ key, bytes, etag, lastModified }) => ({
        key,
        size: bytes.length,
        etag,
        lastModified,
      }));
      return unchanged({ says, value: { objects: found, prefixes: [], nextMarker: undefined, serverTime } });
    }
    case "get":
    case "head": {
      if (there === undefined) return refused("NoSuchKey");
      const info = infoOf(200, headersOf(there, everything, "request"), []);
      const value = request.kind === "head" ? info : { ...info, kind: "bytes", bytes: there.bytes };
      const said = there.headers["x-cos-restore"] ?? "";
      return unchanged({ says: `${there.etag} ${there.lastModified} ${said}`, value });
    }
    // When it can be read is kept beside the objects (cold.ts).
    case "restore": {
      if (there === undefined) return refused("NoSuchKey");
      const said = there.headers["x-cos-restore"];
      if (said?.includes("true")) return refused("RestoreAlreadyInProgress");
      const value = said === undefined ? "begun" : "restored";
      return unchanged({ says: value, value });
    }
    case "put": {
      if (request.forbidOverwrite && there !== undefined) return refused("FileAlreadyExists");
      const object = storedObject(request.key, request.bytes, request.headers, now);
      const md5 = Buffer.from(object.etag, "hex").toString("base64");
      if (request.contentMd5 !== undefined && request.contentMd5 !== md5) return refused("BadDigest");
      const written = headersOf({ ...object, headers: {} }, { ...everything, lastModified: false }, "request");
      const value = { ...infoOf(200, written, []), size: undefined };
      return { objects: withObject(objects, object), answer: { says: "stored", value } };
    }
  }
}
