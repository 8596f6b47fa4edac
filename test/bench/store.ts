/**
 * A store that costs as little as it can, so that what is measured is the client: raw sockets, replies made beforehand, uploads
 * compared with what they must be as they arrive (memcmp) and never kept. Only the ledger's few objects are stored.
 *
 * Its process says `{ origin }` once it listens, and answers the messages of `StoreOrder`.
 */
import type { Socket } from "node:net";
import { bucketsOf, keyOf, type SizeLabel, sizeLabels, sizes, variants } from "./bodies.ts";
import { createLedgerObjects, type ListedObjects, listReply } from "./ledger-objects.ts";
import { reckonedKeys } from "./listed-page.ts";
import { listen } from "./listen.ts";
import { machineMs } from "./machine-clock.ts";
import { type Original, originalsOf, small } from "./originals.ts";

export type StoreOrder =
  | { readonly order: "forget" }
  /** What was put since the last `forget`, of the first `objects` keys. */
  | { readonly order: "check"; readonly label: SizeLabel; readonly objects: number }
  | { readonly order: "facts"; readonly label: SizeLabel }
  | { readonly order: "cpu" }
  /** Should it never sleep? Waking it costs whoever sends, and most whoever sends least. */
  | { readonly order: "awake"; readonly awake: boolean }
  /** When the first original was asked for since the last `forget`, by the machine's clock. */
  | { readonly order: "first-get" }
  /** What LISTs of the source show; nothing until it is said. Whatever is asked for by its name is there. */
  | { readonly order: "holds"; readonly label: SizeLabel; readonly objects: number }
  /** Each reply comes so many ms later from now on, as one from afar does. */
  | { readonly order: "delay"; readonly ms: number };

export interface Checked {
  /** Keys whose object was put right, and never wrong. */
  readonly right: number;
  readonly wrong: number;
  readonly gets: number;
  readonly heads: number;
  readonly puts: number;
  readonly ledger: number;
}

/** By label and index of the key: 1 put right, 2 put wrong. */
let copies = new Map<SizeLabel, Uint8Array>();
let firstGetAt: number | undefined;
let counts = { gets: 0, heads: 0, puts: 0, ledger: 0 };
let delayMs = 0;
const ledger = createLedgerObjects();

let held: { readonly label: SizeLabel; readonly objects: number } = { label: "16KiB", objects: 0 };
const heldKeys = reckonedKeys(
  () => held.objects,
  (index) => keyOf(held.label, index),
);
const listedAt = new Date("2026-11-01T08:00:00Z");
const source: ListedObjects = {
  keys: heldKeys,
  of: (key) => {
    const { facts } = originalAt(key);
    return { size: facts.size, etag: facts.etag, at: listedAt };
  },
};
const copied: ListedObjects = {
  keys: (prefix, marker, most) =>
    heldKeys(prefix, marker, Number.POSITIVE_INFINITY)
      .filter((key) => (copies.get(held.label)?.[Number(dataPath.exec(`/${key}`)?.[2])] ?? 0) > 0)
      .slice(0, most + 1),
  of: source.of,
};

function originalAt(key: string): Original {
  const [, label, index] = dataPath.exec(`/${key}`)!;
  return originalsOf(label as SizeLabel)[Number(index) % variants[label as SizeLabel]]!;
}

function record(label: SizeLabel, index: number, right: boolean): void {
  let seen = copies.get(label);
  if (seen === undefined || index >= seen.length) {
    const grown = new Uint8Array(Math.max(1024, 2 * index));
    if (seen !== undefined) grown.set(seen);
    seen = grown;
    copies.set(label, seen);
  }
  seen[index] = right && seen[index] !== 2 ? 1 : 2;
}

const notFound = Buffer.from(
  "HTTP/1.1 404 Not Found\r\nContent-Type: application/xml\r\nContent-Length: 0\r\nx-cos-request-id: NmFiY2QxMjM0\r\nConnection: keep-alive\r\n\r\n",
);
const goOn = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");
/** Of S3 the bucket stands in the path. */
const dataPath = /^(?:\/(?:archive|photos)-\d+)?\/([0-9]+[KM]iB)\/(\d{7})\.jpg/;
/** A bucket itself, in COS the root. */
const rootPath = /^(?:\/(?:archive|photos)-\d+)?\/?(?:\?(.*))?$/;

/** Of a large body, written at once. */
const PIECE_BYTES = 256 * 1024;

interface Upload {
  /** What it must be; undefined for an object of the ledger. */
  readonly copy: { readonly label: SizeLabel; readonly index: number; readonly original: Original } | undefined;
  readonly path: string;
  readonly forbidOverwrite: boolean;
  readonly length: number;
  received: number;
  right: boolean;
  readonly chunks: Buffer[];
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let rest: Buffer | undefined;
  let upload: Upload | undefined;

  socket.on("error", () => socket.destroy());
  socket.on("data", (received: Buffer) => {
    let chunk = received;
    if (rest !== undefined) {
      chunk = Buffer.concat([rest, received]);
      rest = undefined;
    }
    let at = 0;
    while (at < chunk.length) {
      if (upload !== undefined) {
        at = take(upload, chunk, at);
        if (upload.received === upload.length) {
          const whole = upload;
          upload = undefined;
          ended(whole);
        }
        continue;
      }
      const end = chunk.indexOf("\r\n\r\n", at);
      if (end < 0) {
        rest = chunk.subarray(at);
        return;
      }
      begun(chunk.toString("latin1", at, end + 2));
      at = end + 4;
    }
  });

  function take(to: Upload, chunk: Buffer, from: number): number {
    const taken = Math.min(to.length - to.received, chunk.length - from);
    if (to.copy === undefined) to.chunks.push(Buffer.from(chunk.subarray(from, from + taken)));
    else {
      const { bytes } = to.copy.original;
      to.right &&= bytes.compare(chunk, from, from + taken, to.received, to.received + taken) === 0;
    }
    to.received += taken;
    return from + taken;
  }

  function begun(head: string): void {
    const line = head.slice(0, head.indexOf("\r\n"));
    const [method = "", path = ""] = line.split(" ");
    const data = dataPath.exec(path);
    if (method === "PUT") {
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      let copy: Upload["copy"];
      let right = true;
      if (data !== null) {
        const label = data[1] as SizeLabel;
        const index = Number(data[2]);
        const original = originalsOf(label)[index % variants[label]]!;
        const md5 = /\r\ncontent-md5: *(\S+)/i.exec(head)?.[1];
        right = length === original.bytes.length && (md5 === undefined || md5 === original.md5);
        copy = { label, index, original };
      }
      const forbidOverwrite = /\r\nx-cos-forbid-overwrite: *true/i.test(head);
      const next = { copy, path, forbidOverwrite, length, received: 0, right, chunks: [] };
      if (length === 0) ended(next);
      else upload = next;
      // Who says that it waits for this does, for a second.
      if (length > 0 && /\r\nexpect: *100-continue/i.test(head)) answer(goOn);
      return;
    }
    if (data === null) {
      counts.ledger++;
      const listed = rootPath.exec(path)?.[1];
      if (listed === undefined) answer(ledger.get(method, path));
      else {
        const query = new URLSearchParams(listed.replaceAll("+", "%2B"));
        answer(head.includes(bucketsOf.source) ? listReply(query, source) : ledger.list(query, copied));
      }
      return;
    }
    const label = data[1] as SizeLabel;
    const index = Number(data[2]);
    const original = originalsOf(label)[index % variants[label]]!;
    if (method === "HEAD") {
      counts.heads++;
      const inArchive = head.includes(bucketsOf.archive);
      answer(inArchive && copies.get(label)?.[index] !== 1 ? notFound : original.head);
      return;
    }
    counts.gets++;
    firstGetAt ??= machineMs();
    if (original.reply !== undefined) answer(original.reply);
    else answer(original.head, original.bytes);
  }

  function answer(...parts: readonly Buffer[]): void {
    if (delayMs > 0) setTimeout(send, delayMs, parts);
    else send(parts);
  }

  function send(parts: readonly Buffer[]): void {
    if (parts.length > 1) socket.cork();
    for (const part of parts) {
      if (part.length <= small) socket.write(part);
      else pour(part);
    }
    if (parts.length > 1) socket.uncork();
  }

  /** Piece by piece, as whoever reads takes them: a whole large body encrypted at once would keep everybody else waiting meanwhile. */
  function pour(bytes: Buffer, from = 0): void {
    for (let at = from; at < bytes.length && !socket.destroyed; ) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      at += piece.length;
      if (socket.write(piece) || at >= bytes.length) continue;
      socket.once("drain", () => pour(bytes, at));
      return;
    }
  }

  function ended(whole: Upload): void {
    if (whole.copy === undefined) {
      counts.ledger++;
      answer(ledger.put(whole.path, Buffer.concat(whole.chunks), whole.forbidOverwrite));
      return;
    }
    counts.puts++;
    const { label, index, original } = whole.copy;
    record(label, index, whole.right);
    answer(original.putReply);
  }
}

function check(label: SizeLabel, objects: number): Checked {
  const seen = copies.get(label) ?? new Uint8Array();
  let right = 0;
  let wrong = 0;
  for (let index = 0; index < seen.length; index++) {
    if (seen[index] === 2) wrong++;
    else if (seen[index] === 1 && index < objects) right++;
  }
  return { right, wrong, ...counts };
}

function forget(): void {
  copies = new Map();
  firstGetAt = undefined;
  counts = { gets: 0, heads: 0, puts: 0, ledger: 0 };
  ledger.clear();
}

let awake = false;

function stayAwake(now: boolean): void {
  if (now && !awake) setImmediate(turn);
  awake = now;
}

function turn(): void {
  if (awake) setImmediate(turn);
}

process.on("message", (message: StoreOrder) => {
  switch (message.order) {
    case "forget":
      forget();
      process.send?.({ done: true });
      return;
    case "check":
      process.send?.(check(message.label, message.objects));
      return;
    case "facts":
      process.send?.(originalsOf(message.label).map(({ facts }) => facts));
      return;
    case "cpu": {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
      return;
    }
    case "awake":
      stayAwake(message.awake);
      process.send?.({ done: true });
      return;
    case "first-get":
      process.send?.({ at: firstGetAt });
      return;
    case "holds":
      held = message;
      process.send?.({ done: true });
      return;
    case "delay":
      delayMs = message.ms;
      process.send?.({ done: true });
  }
});
process.on("disconnect", () => process.exit(0));
for (const label of sizeLabels) if (sizes[label] <= small) originalsOf(label);
listen(serve, (origin) => process.send?.({ origin }));
