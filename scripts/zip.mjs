// A zip of a few files, the same bytes from the same files wherever and whenever it is made: no times, no owners, names in their order.
// (APPNOTE.TXT 6.3.10 of PKWARE: local headers, central directory, its end. No zip64: below 4 GiB.)
import { crc32, deflateRawSync } from "node:zlib";

/** 1980-01-01, the first day that the format knows. */
const date = 0x0021;
/** Deflated, by a reader of version 2.0; names are UTF-8. */
const [method, version, utf8] = [8, 20, 0x0800];
/** A plain file that its owner may write and all may read: `-rw-r--r--` of Unix. */
const attributes = ((0o100644 << 16) >>> 0) >>> 0;
const madeOnUnix = 3 << 8;

/** @param files `{ name, bytes }`, names with slashes */
export function zip(files) {
  const local = [];
  const central = [];
  let offset = 0;
  for (const { name, bytes } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = Buffer.from(name);
    const packed = deflateRawSync(bytes, { level: 9 });
    const common = Buffer.alloc(26);
    for (const [at, value] of [
      [0, version],
      [2, utf8],
      [4, method],
      [8, date],
      [22, path.length],
    ]) {
      common.writeUInt16LE(value, at);
    }
    for (const [at, value] of [
      [10, crc32(bytes)],
      [14, packed.length],
      [18, bytes.length],
    ]) {
      common.writeUInt32LE(value, at);
    }
    const head = Buffer.concat([Buffer.from("PK\x03\x04"), common, path]);
    local.push(head, packed);
    const more = Buffer.alloc(14);
    more.writeUInt32LE(attributes, 6);
    more.writeUInt32LE(offset, 10);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(madeOnUnix | version);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02"), made, common, more, path]));
    offset += head.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  for (const at of [8, 10]) end.writeUInt16LE(central.length, at);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}
