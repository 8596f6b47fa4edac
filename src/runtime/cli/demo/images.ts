/**
 * Valid images of five formats, made without a library: what they show is a mosaic, how many bytes they have can be chosen by
 * their size in pixels. Pure: the same seed makes the same bytes.
 *
 * PNG (RFC 2083), GIF89a, BMP (BITMAPINFOHEADER), JPEG (ITU T.81, baseline, grey), WebP (RFC 9649, lossless).
 */
import { crc32, deflateSync } from "node:zlib";

export const imageFormats = ["png", "jpg", "gif", "bmp", "webp"] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** An image of `side` × `side` pixels. */
export function makeImage(format: ImageFormat, side: number, seed: number): Buffer {
  switch (format) {
    case "png":
      return png(side, seed);
    case "jpg":
      return jpeg(side, seed);
    case "gif":
      return gif(side, seed);
    case "bmp":
      return bmp(side, seed);
    case "webp":
      return webp(side, seed);
  }
}

/** Bytes that look random (xorshift32), so that nothing compresses them away. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

function png(side: number, seed: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), framed.length - 4);
    return framed;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits a sample, true colour.
  header.set([8, 2, 0, 0, 0], 8);
  const stride = side * 3;
  const pixels = noise(stride * side, seed);
  const rows = Buffer.alloc((stride + 1) * side);
  for (let y = 0; y < side; y++) pixels.copy(rows, y * (stride + 1) + 1, y * stride, (y + 1) * stride);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function bmp(side: number, seed: number): Buffer {
  const stride = Math.ceil((side * 3) / 4) * 4;
  const header = Buffer.alloc(54);
  header.write("BM", 0, "latin1");
  header.writeUInt32LE(54 + stride * side, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(side, 18);
  header.writeInt32LE(side, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  header.writeUInt32LE(stride * side, 34);
  const pixels = noise(stride * side, seed);
  for (let y = 0; y < side; y++) pixels.fill(0, y * stride + side * 3, (y + 1) * stride);
  return Buffer.concat([header, pixels]);
}

/** LZW with a clear code so often that codes never grow beyond 8 bits: each pixel is one byte. */
function gif(side: number, seed: number): Buffer {
  const colours = 128;
  const clear = 128;
  const end = 129;
  const header = Buffer.alloc(13);
  header.write("GIF89a", 0, "latin1");
  header.writeUInt16LE(side, 6);
  header.writeUInt16LE(side, 8);
  // A global table of 2^(6+1) colours.
  header[10] = 0xf6;
  const image = Buffer.alloc(11);
  image[0] = 0x2c;
  image.writeUInt16LE(side, 5);
  image.writeUInt16LE(side, 7);
  image[10] = 7;
  const pixels = noise(side * side, seed);
  const codes: number[] = [];
  for (let i = 0; i < pixels.length; i++) {
    if (i % 120 === 0) codes.push(clear);
    codes.push((pixels[i] ?? 0) % colours);
  }
  codes.push(end);
  const blocks: Buffer[] = [];
  for (let at = 0; at < codes.length; at += 255) {
    const block = Buffer.from(codes.slice(at, at + 255));
    blocks.push(Buffer.from([block.length]), block);
  }
  return Buffer.concat([
    header,
    noise(colours * 3, seed + 1),
    image.subarray(0, 10),
    Buffer.from([7]),
    ...blocks,
    Buffer.from([0, 0x3b]),
  ]);
}

/** Only mean values (DC) of the 8 × 8 blocks are coded; every block ends at once after its own. */
function jpeg(side: number, seed: number): Buffer {
  const segment = (marker: number, data: readonly number[]) => [
    0xff,
    marker,
    (data.length + 2) >> 8,
    (data.length + 2) & 0xff,
    ...data,
  ];
  const blocks = Math.ceil(side / 8);
  const head = [
    ...[0xff, 0xd8],
    ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    ...segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
    ...segment(0xc0, [8, side >> 8, side & 0xff, side >> 8, side & 0xff, 1, 1, 0x11, 0]),
    // DC: the twelve categories have codes of 4 bits, in order. AC: one code, `0`, for the end of the block.
    ...segment(0xc4, [
      0x00,
      0,
      0,
      0,
      12,
      ...Array.from({ length: 12 }, () => 0),
      ...Array.from({ length: 12 }, (_, i) => i),
    ]),
    ...segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0]),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
  ];
  const levels = noise(blocks * blocks, seed);
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  const write = (value: number, length: number) => {
    for (let i = length - 1; i >= 0; i--) {
      held = (held << 1) | ((value >> i) & 1);
      if (++bits < 8) continue;
      out.push(held);
      if (held === 0xff) out.push(0);
      bits = 0;
      held = 0;
    }
  };
  let before = 0;
  for (const level of levels) {
    const mean = level - 128;
    const difference = mean - before;
    before = mean;
    const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    write(category, 4);
    write(difference < 0 ? difference + (1 << category) - 1 : difference, category);
    write(0, 1);
  }
  if (bits > 0) write((1 << (8 - bits)) - 1, 8 - bits);
  return Buffer.concat([Buffer.from(head), Buffer.from(out), Buffer.from([0xff, 0xd9])]);
}

/** One colour, by prefix codes of one symbol, which take no bits at all; a metadata chunk gives the file its size. */
function webp(side: number, seed: number): Buffer {
  const colour = noise(3, seed);
  let value = 0n;
  let at = 0n;
  const put = (bits: number, length: number) => {
    value |= BigInt(bits) << at;
    at += BigInt(length);
  };
  put(0x2f, 8);
  put(side - 1, 14);
  put(side - 1, 14);
  // No alpha, version 0; no transform; no colour cache; no meta prefix codes.
  put(0, 1 + 3);
  put(0, 1 + 1 + 1);
  for (const symbol of [colour[1] ?? 0, colour[0] ?? 0, colour[2] ?? 0, 255, 0]) {
    // A simple code of one symbol of 8 bits.
    put(1, 1);
    put(0, 1);
    put(1, 1);
    put(symbol, 8);
  }
  const lossless = Buffer.alloc(Number((at + 7n) / 8n));
  for (let i = 0; i < lossless.length; i++) lossless[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  const extended = Buffer.alloc(10);
  // XMP metadata follows.
  extended[0] = 0x04;
  extended.writeUIntLE(side - 1, 4, 3);
  extended.writeUIntLE(side - 1, 7, 3);
  const note = noise(side * side, seed + 1).toString("base64");
  const xmp = Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- ${note} --></x:xmpmeta>`);
  const chunk = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, "latin1");
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  };
  const body = Buffer.concat([
    Buffer.from("WEBP", "latin1"),
    chunk("VP8X", extended),
    chunk("VP8L", lossless),
    chunk("XMP ", xmp),
  ]);
  const head = Buffer.alloc(8);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}
