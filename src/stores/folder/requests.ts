/** What a folder can be asked for, and what it refuses: what would be promised, and not be so. */
import type { Headers } from "../../objects/bucket.ts";
import { refusal } from "./fault.ts";
import { mostKeyBytes } from "./offers.ts";

export function checkKey(key: string, what: string): void {
  if (key === "") throw refusal("InvalidObjectName", what, "a key has at least one character");
  if (!key.isWellFormed()) throw refusal("InvalidObjectName", what, "the key is not well-formed Unicode");
  const bytes = Buffer.byteLength(key);
  if (bytes > mostKeyBytes)
    throw refusal("KeyTooLong", what, `the key has ${bytes} bytes, and keys at most ${mostKeyBytes}`);
}

const kept =
  /^(?:content-type|cache-control|content-disposition|content-encoding|content-language|expires|x-cos-meta-.*)$/;

export function keptHeaders(headers: Headers = {}): Headers {
  const own = Object.entries(headers).filter(([name]) => kept.test(name));
  return { "content-type": "application/octet-stream", ...Object.fromEntries(own) };
}

export function refuseWishes(headers: Headers | undefined, what: string): void {
  const storageClass = headers?.["x-cos-storage-class"];
  if (storageClass !== undefined && storageClass !== "STANDARD") {
    throw refusal(
      "NotSupportedStorageClass",
      what,
      `a folder has no storage class ${storageClass}; leave out --storage-class`,
    );
  }
  if (headers?.["x-cos-server-side-encryption"] !== undefined) {
    throw refusal("NotImplemented", what, "a folder encrypts nothing; leave out --encryption, and encrypt the disk");
  }
}

export function refuseVersions(versionId: string | undefined, what: string): void {
  if (versionId !== undefined) throw refusal("NoSuchVersion", what, "a folder keeps no versions");
}
