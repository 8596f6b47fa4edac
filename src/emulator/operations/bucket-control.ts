/** A bucket of the emulator as a program holds it: to set it up and to look into it, beside HTTP. */

import { protectableSuffixes } from "../../cos/origin-protect.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { isBucketName } from "../../vocabulary/names.ts";
import type { Switches } from "../faults/switches.ts";
import { storeBytes } from "../protocol/receive-body.ts";
import { Refusal } from "../protocol/refusal.ts";
import type { Bucket } from "../store/bucket.ts";
import type { BucketSettings, ObjectRecord } from "../store/records.ts";
import { deleteKey } from "./delete-object.ts";
import { checkedSlim } from "./image-slim.ts";
import { protectedSuffixes } from "./origin-protect.ts";
import { checkKey, recordOf } from "./put-object.ts";

/** A bucket to be made, or settings to be given to one. */
export interface BucketOptions {
  /** NAME-APPID */
  readonly name: string;
  /** Where not given, the bucket answers under every region. */
  readonly region?: string;
  /** Suffixes under Original Image Protection, or `all` of jpg, jpeg, png, webp, bmp, gif, heif. */
  readonly protect?: readonly string[] | "all";
  /** Names of image styles that exist. */
  readonly styles?: readonly string[];
  readonly acl?: "private" | "public-read";
  readonly versioning?: "Enabled" | "Suspended";
  /** Suffixes under Smart Compression in mode Auto, of jpg, png and gif; none: off. */
  readonly slim?: readonly string[];
}

/** What is known of a stored object; `etag` without quotes, `modified` in milliseconds since the epoch. */
export type StoredObject = Omit<ObjectRecord, "body">;

/** A bucket as a program holds it: to set it up and to look into it, beside HTTP. */
export interface BucketControl {
  readonly name: string;
  readonly settings: BucketSettings;
  /** Number of objects. */
  readonly size: number;
  configure(options: Omit<BucketOptions, "name">): void;
  /** Stores an object as PUT would; header names in lower case. */
  put(key: string, bytes: Uint8Array, headers?: Readonly<Record<string, string>>): StoredObject;
  get(key: string): { readonly object: StoredObject; readonly bytes: Buffer } | undefined;
  head(key: string): StoredObject | undefined;
  /** As a restore of an object in an archive class would, at once: under way, or over. False where there is no such key. */
  restore(key: string, state: "ongoing" | "restored"): boolean;
  /** False where there is no such key. */
  delete(key: string): boolean;
  /** In the order of UTF-8 bytes. */
  keys(): string[];
  /** Multipart uploads that are neither completed nor aborted. */
  uploads(): readonly { readonly uploadId: string; readonly key: string; readonly parts: readonly number[] }[];
}

/** How long what was restored at once stays so. */
const restoredMs = 7 * 86_400_000;

function settingsOf(options: Omit<BucketOptions, "name">): Partial<BucketSettings> {
  const protect = options.protect === "all" ? protectableSuffixes : options.protect;
  try {
    return {
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(protect === undefined ? {} : { protect: protectedSuffixes(protect) }),
      ...(options.styles === undefined ? {} : { styles: options.styles }),
      ...(options.acl === undefined ? {} : { acl: options.acl }),
      ...(options.versioning === undefined ? {} : { versioning: options.versioning }),
      ...(options.slim === undefined ? {} : { slim: slimSettings(options.slim) }),
    };
  } catch (error) {
    if (error instanceof Refusal) throw new UserError("InvalidProtection", error.details.message, { cause: error });
    throw error;
  }
}

const slimSettings = (suffixes: readonly string[]) =>
  suffixes.length === 0 ? undefined : checkedSlim({ modes: ["Auto"], suffixes });

/** Settings of a new bucket; a UserError for a name or a suffix that COS does not take. */
export function newBucketSettings(options: BucketOptions, now: number): BucketSettings {
  if (!isBucketName(options.name)) {
    const example = "examplebucket-1250000000";
    throw new UserError("InvalidBucketName", `${quote(options.name)} is no bucket name; it should be like ${example}.`);
  }
  return { created: now, acl: "private", protect: [], styles: [], versioning: "never", ...settingsOf(options) };
}

export function controlBucket(
  bucket: Bucket,
  surroundings: () => { readonly now: number; readonly switches: Switches; readonly newId: () => string },
): BucketControl {
  const shown = ({ body: _, ...object }: ObjectRecord): StoredObject => object;
  return {
    name: bucket.name,
    get settings() {
      return bucket.settings;
    },
    get size() {
      return [...bucket.objects()].length;
    },
    configure: (options) => bucket.configure(settingsOf(options)),
    put(key, bytes, headers = {}) {
      checkKey(key);
      const {
        "x-cos-storage-class": storageClass,
        "x-cos-server-side-encryption": encryption,
        ...kept
      } = { "content-type": "application/octet-stream", ...headers } as Record<string, string>;
      const described = {
        headers: kept,
        ...(storageClass === undefined ? {} : { storageClass }),
        ...(encryption === undefined ? {} : { encryption }),
      };
      const received = storeBytes(bucket.bodies, bytes);
      try {
        const object = recordOf(surroundings(), bucket, key, described, received);
        bucket.put(object);
        return shown(object);
      } finally {
        bucket.bodies.release(received.body);
      }
    },
    get(key) {
      const object = bucket.find(key);
      return object && { object: shown(object), bytes: bucket.bodies.read(object.body) };
    },
    head(key) {
      const object = bucket.find(key);
      return object && shown(object);
    },
    restore(key, state) {
      const object = bucket.find(key);
      if (!object) return false;
      const { now } = surroundings();
      const from = state === "ongoing" ? Number.MAX_SAFE_INTEGER - 1 : now;
      const until = state === "ongoing" ? Number.MAX_SAFE_INTEGER : now + restoredMs;
      bucket.put({ ...object, restore: { from, until } });
      return true;
    },
    delete(key) {
      if (!bucket.find(key)) return false;
      deleteKey(surroundings(), bucket, key);
      return true;
    },
    keys: () => Array.from(bucket.objects(), ({ key }) => key),
    uploads: () =>
      Array.from(bucket.uploads(), ({ uploadId, key }) => {
        const parts = bucket.upload(uploadId)?.parts.values() ?? [];
        return { uploadId, key, parts: Array.from(parts, ({ partNumber }) => partNumber).sort((a, b) => a - b) };
      }),
  };
}
