/** What the benchmark copies: keys and bytes that both the store and whoever fills it can reckon. */
import { createCipheriv, createHash } from "node:crypto";
import { crc64 } from "../../src/checksum/crc64.ts";

/** Bytes by the label that keys begin with. */
export const sizes = {
  "16KiB": 16 * 1024,
  "256KiB": 256 * 1024,
  "4MiB": 4 * 1024 * 1024,
  "100MiB": 100 * 1024 * 1024,
} as const;

export type SizeLabel = keyof typeof sizes;
export const sizeLabels = Object.keys(sizes) as SizeLabel[];

/** What is known of one object, as a manifest would say it. */
export interface Facts {
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
}

/** Different bodies of one size: enough that a mix-up shows, few enough to be held. */
export const variants: Readonly<Record<SizeLabel, number>> = { "16KiB": 32, "256KiB": 8, "4MiB": 3, "100MiB": 2 };

export const bucketsOf = { source: "photos-1250000000", archive: "archive-1250000000" } as const;
export const region = "ap-guangzhou";
export const credentials = { secretId: "AKIDbench", secretKey: "bench-secret-key" };

/** `16KiB/0000042.jpg` */
export function keyOf(label: SizeLabel, index: number): string {
  return `${label}/${String(index).padStart(7, "0")}.jpg`;
}

/** Bytes that no compression and no mix-up survives: AES-CTR over zeros, keyed by label and variant. */
export function bodyOf(label: SizeLabel, variant: number): Buffer {
  const key = createHash("sha256").update(`${label} ${variant}`).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(sizes[label]));
}

export function factsOf(bytes: Buffer): Facts {
  return { size: bytes.length, etag: createHash("md5").update(bytes).digest("hex"), crc64: crc64(bytes) };
}
