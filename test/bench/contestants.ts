/** Who takes part, under which name. */

import { type SizeLabel, sizes } from "./bodies.ts";
import type { Copier, CopierOptions } from "./copier.ts";

export interface Contestant {
  readonly name: string;
  /** "undici": the same path as ours, over undici's client. "s3", "folder": into an archive in such a store. */
  readonly kind: "limit" | "ours" | "undici" | "s3" | "folder" | "sdk";
  readonly says: string;
  /** Sizes it is measured at; all where absent. */
  readonly only?: readonly SizeLabel[];
  /** It holds whole bodies, however large. */
  readonly holds?: boolean;
  /** Imported when it is wanted, so that a process holds nothing of the others. */
  readonly create: (options: CopierOptions) => Promise<Copier>;
}

const ours = (proof: "content-md5" | "crc64", asks: boolean) => async (options: CopierOptions) =>
  (await import("./ours.ts")).createOurs(options, { proof, asks });
const into = (store: "s3" | "folder", proof: "content-md5" | "crc64") => async (options: CopierOptions) =>
  (await import("./ours.ts")).createOurs(options, { proof, asks: false, store });
const overUndici = (proof: "content-md5" | "crc64") => async (options: CopierOptions) => {
  const { createUndiciHttp: createHttp } = await import("../../src/http/undici.ts");
  return (await import("./ours.ts")).createOurs(options, { proof, asks: false, createHttp });
};

/** What a disk does with more shows as well at these. */
const sizesOfDisks = ["16KiB", "4MiB"] as const;

export const contestants: readonly Contestant[] = [
  {
    name: "limit-buffer",
    kind: "limit",
    says: "undici dispatch, body in a buffer",
    only: ["16KiB", "256KiB"],
    create: async (options) => (await import("./wire.ts")).createBufferCopier(options),
  },
  {
    name: "limit-stream",
    kind: "limit",
    says: "undici dispatch, streamed",
    create: async (options) => (await import("./wire.ts")).createStreamCopier(options),
  },
  {
    name: "limit-request",
    kind: "limit",
    says: "undici request, the reply's body put",
    create: async (options) => (await import("./wire.ts")).createRequestCopier(options),
  },
  { name: "content-md5", kind: "ours", says: "cos-originals, proof content-md5", create: ours("content-md5", false) },
  { name: "crc64", kind: "ours", says: "cos-originals, proof crc64", create: ours("crc64", false) },
  {
    name: "asking",
    kind: "ours",
    says: "cos-originals, HEAD of the source a key, LISTs of the archive",
    create: ours("content-md5", true),
  },
  {
    name: "undici-md5",
    kind: "undici",
    says: "the same path over undici's client, content-md5",
    create: overUndici("content-md5"),
  },
  {
    name: "undici-crc64",
    kind: "undici",
    says: "the same path over undici's client, crc64",
    create: overUndici("crc64"),
  },
  { name: "s3-md5", kind: "s3", says: "the same path into S3, content-md5", create: into("s3", "content-md5") },
  { name: "s3-crc64", kind: "s3", says: "the same path into S3, crc64", create: into("s3", "crc64") },
  {
    name: "folder-md5",
    kind: "folder",
    says: "the same path into a folder, content-md5",
    only: sizesOfDisks,
    create: into("folder", "content-md5"),
  },
  {
    name: "folder-crc64",
    kind: "folder",
    says: "the same path into a folder, crc64",
    only: sizesOfDisks,
    create: into("folder", "crc64"),
  },
  {
    name: "sdk-buffer",
    kind: "sdk",
    says: "cos-nodejs-sdk-v5, Buffer",
    holds: true,
    // At 100 MiB it takes a minute for what its stream takes seconds for.
    only: ["16KiB", "256KiB", "4MiB"],
    create: async (options) => (await import("./sdk.ts")).createSdkBufferCopier(options),
  },
  {
    name: "sdk-stream",
    kind: "sdk",
    says: "cos-nodejs-sdk-v5, stream",
    create: async (options) => (await import("./sdk.ts")).createSdkStreamCopier(options),
  },
];

/** Who holds every body several times over is not asked to hold more of them than this, bytes. */
const MOST_HELD = 2 * 1024 ** 3;

/** Those who are measured at this size and concurrency, of those who were named. */
export function contestantsAt(
  label: SizeLabel,
  concurrency: number,
  named: readonly string[] | undefined,
): readonly Contestant[] {
  return contestants.filter(
    ({ name, only, holds }) =>
      (only?.includes(label) ?? true) &&
      (named === undefined || named.includes(name)) &&
      (holds !== true || sizes[label] * concurrency <= MOST_HELD),
  );
}
