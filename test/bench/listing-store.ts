/**
 * A bucket of many keys that answers LISTs and nothing else, for next to nothing: the XML of all entries lies side by side, and a
 * page is a piece of it. Its process says `{ origin, entries }` once it listens, and takes `{ delayMs }`: how long each answer
 * is held back, as a service's is by the way there.
 */
import type { Socket } from "node:net";
import { listen } from "./listen.ts";

/** `2026/03/17/IMG_0042.jpg`, in order. */
const [months, days, each] = [12, 28, 300];
const two = (value: number) => String(value).padStart(2, "0");
const keys: string[] = [];
for (let month = 1; month <= months; month++) {
  for (let day = 1; day <= days; day++) {
    for (let n = 0; n < each; n++) keys.push(`2026/${two(month)}/${two(day)}/IMG_${String(n).padStart(4, "0")}.jpg`);
  }
}
const entry = (key: string, n: number) =>
  `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>2026-11-01T08:00:00.000Z</LastModified><ETag>"${String(n).padStart(32, "0")}"</ETag><Size>${16384 + n}</Size><Owner><ID>1250000000</ID><DisplayName>1250000000</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>`;
const pieces = keys.map((key, n) => Buffer.from(entry(key, n)));
const offsets = new Float64Array(keys.length + 1);
for (const [n, { length }] of pieces.entries()) offsets[n + 1] = offsets[n]! + length;
const xml = Buffer.concat(pieces);
let delayMs = 0;

/** The first key that is not before, or (`after`) that is behind, this one. */
function indexOf(key: string, after: boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key || (after && keys[middle] === key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function page(query: URLSearchParams): Buffer {
  const prefix = query.get("prefix") ?? "";
  const marker = query.get("marker") ?? "";
  const most = Number(query.get("max-keys") ?? 1000);
  const from = Math.max(indexOf(prefix, false), marker === "" ? 0 : indexOf(marker, true));
  const end = indexOf(`${prefix}\uffff`, false);
  const upTo = Math.max(from, Math.min(end, from + most));
  const next = upTo < end ? `<NextMarker>${encodeURIComponent(keys[upTo - 1]!)}</NextMarker>` : "";
  const head = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${upTo < end}</IsTruncated>${next}`;
  const tail = "</ListBucketResult>";
  const entries = xml.subarray(offsets[from], offsets[upTo]);
  const length = Buffer.byteLength(head) + entries.length + tail.length;
  const http = `HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: ${length}\r\nDate: ${new Date().toUTCString()}\r\nx-cos-request-id: NmFiY2QxMjM0\r\nConnection: keep-alive\r\n\r\n`;
  return Buffer.concat([Buffer.from(http + head), entries, Buffer.from(tail)]);
}

/** One request at a time a connection: the client does not pipeline. */
function serve(socket: Socket): void {
  let head = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (received) => {
    head += received.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    const query = /^GET \/\?(\S*)/.exec(head)?.[1] ?? "";
    head = "";
    const answer = page(new URLSearchParams(query.replaceAll("+", "%2B")));
    if (delayMs === 0) socket.write(answer);
    else setTimeout(() => socket.write(answer), delayMs);
  });
}

process.on("message", (message: { readonly delayMs: number }) => {
  delayMs = message.delayMs;
  process.send?.({ done: true });
});
process.on("disconnect", () => process.exit(0));
listen(serve, (origin) => process.send?.({ origin, entries: keys.length }));
