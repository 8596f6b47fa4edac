/** What the demo archives: images of every format under keys that are easy and hard, and the manifest that lists them. */
import type { Row } from "../../../manifest/row.ts";
import { imageFormats, makeImage } from "./images.ts";

export interface DemoImage {
  readonly key: string;
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly storageClass?: "ARCHIVE";
}

/** Rows of the manifest: all images, and one key that does not exist. */
export const rowCount = 500;
export const missingKey = "2026/deleted-long-ago.jpg";
export const frozenKey = "2026/frozen.png";

/** Keys that break encoders and signatures elsewhere. */
const hardKeys = [
  "plain.png",
  "a folder/夏天 +%20.png",
  "100% sure?.jpg",
  "a+b&c=d;e#f.gif",
  "per%2Fcent/%E5%A4%8F.bmp",
  " leading and trailing .webp",
  "quotes/'single' \"double\" `back`.png",
  "emoji/🏔️ sunrise.jpg",
  "brackets/[1](2){3}<4>.gif",
  "日本語/写真~*!@$^,|.png",
];

/** Pixels: most are small, some are above the 1 MiB from which bodies are streamed. */
const sides = [8, 24, 40, 64, 96, 128];
const largeSides = { png: 640, bmp: 620, gif: 1100, webp: 1000, jpg: 4000 } as const;

export function* demoImages(): Generator<DemoImage> {
  for (let i = 0; i < rowCount - 2; i++) {
    const key =
      hardKeys[i] ?? `2026/${String(1 + (i % 12)).padStart(2, "0")}/image-${String(i).padStart(4, "0")}.${formatAt(i)}`;
    yield image(key, i % 100 === 50 ? largeSides[formatAt(i)] : (sides[i % sides.length] ?? 8), i);
  }
  yield { ...image(frozenKey, 32, rowCount), storageClass: "ARCHIVE" };
}

/** One row a line, as a program would write it: just the keys, since what the originals are is asked of the bucket. */
export function demoManifest(keys: readonly string[]): string {
  const rows: Row[] = [...keys, missingKey].map((key) => ({ key }));
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function formatAt(i: number) {
  return imageFormats[Math.floor(i / 2) % imageFormats.length] ?? "png";
}

function image(key: string, side: number, seed: number): DemoImage {
  const format = imageFormats.find((candidate) => key.endsWith(`.${candidate}`)) ?? "png";
  return { key, bytes: makeImage(format, side, seed), contentType: `image/${format === "jpg" ? "jpeg" : format}` };
}
