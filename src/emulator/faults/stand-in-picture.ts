/**
 * Small pictures made on the spot: what an image style or ad-hoc processing returns, and the placeholder of the "4xx
 * image setting". Nothing is really processed: a stand-in is a 32 × 32 checkerboard in a colour of the label, with
 * the label in its text, and so never the original's bytes.
 */
import { crc32, deflateSync } from "node:zlib";

const SIDE = 32;
const SQUARE = 8;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A PNG (8-bit RGB) whose colour and tEXt comment follow from `label`. */
export function standInPicture(label: string): Buffer {
  const colour = crc32(label);
  const row = SIDE * 3 + 1;
  const pixels = Buffer.alloc(row * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const dark = (Math.floor(x / SQUARE) + Math.floor(y / SQUARE)) % 2 === 0;
      for (let band = 0; band < 3; band++) {
        pixels[y * row + 1 + x * 3 + band] = dark ? (colour >>> (band * 8)) & 0xff : 0xee;
      }
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIDE, 0);
  head.writeUInt32BE(SIDE, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const comment = label.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("tEXt", Buffer.from(`Comment\0${comment}`, "latin1")),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
