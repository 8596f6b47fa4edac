/** What the file system's errors are called as a bucket's, and the refusals of the folder itself. */
import { BucketError } from "../../objects/error.ts";
import { type Code, catalogue } from "../../vocabulary/codes/catalogue.ts";
import { quote } from "../../vocabulary/errors.ts";
import { errnoOf } from "./files.ts";

/** `PUT "a.jpg" of file:///mnt/archive`, how every message begins. */
export type Subject = (method: string, key?: string) => string;

export const subjectOf =
  (address: string): Subject =>
  (method, key) =>
    key === undefined ? `${method} of ${address}` : `${method} ${quote(key)} of ${address}`;

const statuses = {
  NoSuchKey: 404,
  NoSuchBucket: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotModified: 304,
  FileAlreadyExists: 409,
  FolderObstructed: 409,
  PreconditionFailed: 412,
  InvalidRange: 416,
  BadDigest: 400,
  InvalidDigest: 400,
  IncompleteBody: 400,
  InvalidArgument: 400,
  InvalidObjectName: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  EntityTooLarge: 400,
  KeyTooLong: 400,
  NotSupportedStorageClass: 400,
  MissingContentLength: 411,
  AccessDenied: 403,
  NotImplemented: 501,
  FolderReadOnly: 403,
  DiskFull: 507,
  DiskFailed: 500,
  ServiceUnavailable: 503,
  RequestAborted: 0,
  ClientClosed: 0,
} as const satisfies Partial<Record<Code, number>>;

export type FolderCode = keyof typeof statuses;

/** @param what the sentence up to the reason */
export function refusal(code: FolderCode, what: string, why: string, cause?: unknown): BucketError {
  const { effect } = catalogue[code];
  return new BucketError(
    `${what}: ${why}`,
    { code, status: statuses[code], retryable: effect === "retried", throttled: false },
    { cause },
  );
}

interface Meaning {
  readonly code: FolderCode;
  readonly why: string;
  /** Is it of the path that the system names, and not of the disk? */
  readonly named?: true;
}

const makeRoom = "make room, then let the run go on with cos-originals resume";
const diskFailed: Meaning = {
  code: "DiskFailed",
  why: "the file system failed; look what the system's log (dmesg) says of the disk",
};

/** By the system's name. */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: { code: "NoSuchKey", why: "there is no such object" },
  EACCES: { code: "AccessDenied", why: "this user may not; give it the folder, with all that lies in it", named: true },
  EPERM: { code: "AccessDenied", why: "this user may not; give it the folder, with all that lies in it", named: true },
  EROFS: { code: "FolderReadOnly", why: "the file system is mounted read-only; mount it for writing" },
  ENOSPC: { code: "DiskFull", why: `the disk is full, or takes no more files (df -i); ${makeRoom}` },
  EDQUOT: {
    code: "DiskFull",
    why: `the quota of bytes or of files is used up; ${makeRoom}`,
  },
  EFBIG: { code: "EntityTooLarge", why: "the file system takes no file as large" },
  ENAMETOOLONG: {
    code: "KeyTooLong",
    why: "its path is longer than this system's paths may be; choose a folder with a shorter one",
  },
  ENOTDIR: { code: "FolderObstructed", why: "a file lies where a folder has to; move it away", named: true },
  EISDIR: { code: "FolderObstructed", why: "a folder lies where the object's file has to; move it away", named: true },
  ELOOP: {
    code: "FolderObstructed",
    named: true,
    why: "a symbolic link lies on the way, and none is followed; put what it leads to in its place",
  },
  EXDEV: {
    code: "FolderObstructed",
    named: true,
    why: "another file system is mounted within the folder; all of it has to be in one",
  },
  EMFILE: { code: "ServiceUnavailable", why: "too many files are open; work at fewer at once, or raise the limit" },
  ENFILE: { code: "ServiceUnavailable", why: "too many files are open on this machine" },
};

/** An error of the system as a bucket's; any other thing that was thrown as it is. */
export function faultOf(thrown: unknown, what: string): unknown {
  const errno = errnoOf(thrown);
  if (thrown instanceof BucketError || errno === undefined || !/^E[A-Z\d]+$/.test(errno)) return thrown;
  const { code, why, named } = meanings[errno] ?? diskFailed;
  const path = named === true ? pathOf(thrown) : undefined;
  return refusal(code, what, `${errno}, ${path === undefined ? why : `of ${path}: ${why}`}`, thrown);
}

/** Where it goes, of what has two. */
function pathOf(thrown: unknown): string | undefined {
  const { dest, path } = thrown as { dest?: unknown; path?: unknown };
  return [dest, path].find((each) => typeof each === "string");
}
