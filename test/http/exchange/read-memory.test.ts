/** Memory that reads share and bodies lease: what is still looked at must stay as it is, whatever is read meanwhile. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import pLimit from "p-limit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createBucketClient } from "../../../src/cos/client.ts";
import { ReadMemory, Slab, SlabLease } from "../../../src/http/exchange/read-memory.ts";
import { ReplyStream } from "../../../src/http/exchange/reply-stream.ts";
import type { Bucket, ObjectResponse } from "../../../src/objects/bucket.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { collectGarbage } from "../../setup/held-memory.ts";
import { quick, runs } from "../../setup/quick.ts";
import { type TinyServer, tinyServer } from "../tiny-server.ts";

/** The bytes of a key are its own: `LENGTH-NAME`. */
function bytesOf(key: string): Buffer {
  const length = Number.parseInt(key, 10);
  const pattern = createHash("sha512").update(key).digest();
  return Buffer.alloc(length, pattern);
}

/** A store whose GETs make bytes up, and whose PUTs tell which came otherwise. */
function bucketAt(server: TinyServer) {
  const bucket = createBucketClient({
    bucket: "photos-1250000000",
    region: "ap-guangzhou",
    endpoint: server.origin,
    credentials: undefined,
    clock: systemClock,
    connections: 40,
  });
  onTestFinished(() => bucket.close());
  return bucket;
}

async function openStore() {
  const wrong: string[] = [];
  let stored = 0;
  const server: TinyServer = await tinyServer(async (request, response) => {
    const key = request.target.slice(1).replace(/\?.*/, "");
    const bytes = bytesOf(key);
    response.setHeaders(
      new Map([
        ["x-cos-request-id", "NjE2"],
        ["etag", '"tiny"'],
      ]),
    );
    if (request.method === "GET") return response.end(bytes);
    const body = await request.body();
    if (!body.equals(bytes)) wrong.push(key);
    stored++;
    return response.end();
  });
  const bucket = bucketAt(server);
  return { bucket, wrong, stored: () => stored };
}

function gate(): readonly [Promise<void>, () => void] {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

async function copy(bucket: Bucket, key: string, bufferUpTo: number): Promise<void> {
  const reply: ObjectResponse = await bucket.get(key, { bufferUpTo, inPieces: true });
  if (reply.kind === "stream") {
    await bucket.put(key, reply.stream, { contentLength: reply.size ?? 0 });
    return;
  }
  await bucket.put(key, [reply.bytes, ...(reply.more ?? [])]);
  reply.lease?.release();
}

describe("memory that is used again", () => {
  test.skipIf(quick).each([
    ["held", 1 << 20],
    ["streamed", 0],
  ])("brings every body to its place as it is, hundreds at once: %s", async (_, bufferUpTo) => {
    const { bucket, wrong, stored } = await openStore();
    const atOnce = pLimit(40);
    const sizes = [1, 100, 16_384, 20_000, 65_536, 65_537, 300_000, 900_000];
    const keys = Array.from({ length: 800 }, (_, n) => `${sizes[(n * 7) % sizes.length]}-${n}`);
    await atOnce.map(keys, (key) => copy(bucket, key, bufferUpTo));
    expect([wrong, stored()]).toEqual([[], keys.length]);
  });

  test.skipIf(quick)("is not used again before it has left the process", async () => {
    const [arrived, arrive] = gate();
    const [wanted, want] = gate();
    const server = await tinyServer(async (request, response) => {
      response.setHeaders(
        new Map([
          ["x-cos-request-id", "NjE2"],
          ["etag", '"tiny"'],
        ]),
      );
      arrive();
      await wanted;
      await request.body();
      response.end();
    });
    const bucket = bucketAt(server);
    // More than any socket takes.
    const chunk = Buffer.alloc(80_000_000);
    const released: Uint8Array[] = [];
    const source = async function* () {
      yield chunk;
    };
    const body = Object.assign(source(), { release: (each: Uint8Array) => released.push(each) });
    const put = bucket.put("a.jpg", body, { contentLength: chunk.length });
    await arrived;
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(released.length).toBe(0);
    want();
    await put;
    expect(released.map((each) => each === chunk)).toEqual([true]);
  });

  test.skipIf(quick)("leaves what nobody released as it came, while others come and go", async () => {
    const { bucket, wrong } = await openStore();
    const atOnce = pLimit(20);
    const kept = new Map<string, ObjectResponse>();
    await atOnce.map(
      Array.from({ length: 400 }, (_, n) => n),
      async (n) => {
        const key = `${1 + ((n * 7919) % 70_000)}-${n}`;
        if (n % 3 === 0) kept.set(key, await bucket.get(key, { inPieces: true }));
        else await copy(bucket, key, n % 2 === 0 ? 0 : 1 << 20);
      },
    );
    expect(wrong).toEqual([]);
    for (const [key, { bytes, more }] of kept) {
      expect(Buffer.concat([bytes as Buffer, ...(more ?? [])]).equals(bytesOf(key))).toBe(true);
    }
  });
});

describe("the memory of a connection", () => {
  const reads = fc.array(fc.record({ length: fc.integer({ min: 1, max: 70_000 }), kept: fc.boolean() }));

  test("is never read to where something is kept", () => {
    fc.assert(
      fc.property(reads, (all) => {
        const memory = new ReadMemory();
        const kept: { readonly bytes: Buffer; readonly fill: number; readonly slab: Slab }[] = [];
        let keeps = false;
        let fill = 0;
        memory.onRead = (room, length) => {
          if (!keeps) return false;
          memory.slab.hold();
          kept.push({ bytes: room.subarray(0, length), fill, slab: memory.slab });
          return true;
        };
        for (const { length, kept: keep } of all) {
          const room = memory.onread.buffer();
          const read = Math.min(length, room.length);
          expect(read).toBeGreaterThan(0);
          fill = (fill + 1) % 256;
          room.fill(fill, 0, read);
          keeps = keep;
          memory.onread.callback(read);
          // Half of what is kept is let go, in any order.
          if (kept.length > 4) kept.splice(fill % kept.length, 1)[0]?.slab.letGo();
          for (const { bytes, fill: own } of kept) expect(bytes.every((byte) => byte === own)).toBe(true);
        }
      }),
      { numRuns: runs(60) },
    );
  });
});

test("what comes in one read takes little memory, and what goes on is read into much", () => {
  const memory = new ReadMemory();
  const read = (length: number, keeps: boolean, goesOn: boolean) => {
    memory.onRead = () => {
      memory.bodyGoesOn = goesOn;
      return keeps;
    };
    memory.onread.callback(length);
    return memory.onread.buffer().length;
  };
  const little = memory.onread.buffer().length;
  expect(read(300, false, false)).toBe(little);
  expect(read(17_000, true, false)).toBe(little);
  // A body that comes in many pieces, which lie side by side.
  const much = read(1_400, true, true);
  expect(much).toBeGreaterThan(3 * little);
  for (let pieces = 1; pieces <= 20; pieces++) expect(read(1_400, true, true)).toBe(much - 1_400 * pieces);
  // Less room than a read should have: anew.
  expect(read(much - 1_400 * 20 - 10_000, true, true)).toBe(much);
  expect(read(much, true, false)).toBe(little);
});

test("a body that comes in pieces, however small, takes little more memory than it has bytes", () => {
  const slabs = new Set<Slab>();
  const hold = Slab.prototype.hold;
  const held = vi.spyOn(Slab.prototype, "hold").mockImplementation(function (this: Slab) {
    slabs.add(this);
    hold.call(this);
  });
  onTestFinished(() => held.mockRestore());
  const memory = new ReadMemory();
  const lease = new SlabLease();
  memory.onRead = () => {
    lease.hold(memory.slab);
    memory.bodyGoesOn = true;
    return true;
  };
  const bytes = 700 * 1_460;
  for (let sent = 0; sent < bytes; sent += 1_460) memory.onread.callback(1_460);
  const taken = [...slabs].reduce((sum, slab) => sum + slab.memory.length, 0);
  expect(taken).toBeLessThan(2 * bytes);
});

describe("a reply's stream", () => {
  const piece = () => ({ chunk: Buffer.alloc(50_000), slab: new Slab() });
  const stream = () => {
    const asked = { more: 0, destroyed: 0 };
    return {
      asked,
      body: new ReplyStream(
        () => asked.more++,
        () => asked.destroyed++,
      ),
    };
  };

  test.skipIf(quick)("says when it is enough, asks for more as it is read, and ends", async () => {
    const { body, asked } = stream();
    const pieces = [piece(), piece(), piece()];
    expect(pieces.map(({ chunk, slab }) => body.push(chunk, slab))).toEqual([true, true, false]);
    body.end();
    const seen: Uint8Array[] = [];
    for await (const chunk of body) seen.push(chunk);
    expect(seen).toEqual(pieces.map(({ chunk }) => chunk));
    expect(asked).toEqual({ more: 0, destroyed: 0 });

    const second = stream();
    second.body.push(Buffer.alloc(150_000), new Slab());
    await second.body[Symbol.asyncIterator]().next();
    expect(second.asked.more).toBe(1);
  });

  test("hands out together what waits and lies together, and what is released of it once is free", async () => {
    const spare: Slab[] = [];
    const slab = new Slab(65_536, spare);
    slab.memory.fill(createHash("sha512").update("a").digest());
    // As the connection that reads to it.
    slab.hold();
    const other = new Slab(65_536);
    const { body } = stream();
    for (let at = 0; at < 65_536; at += 16_384) body.push(slab.memory.subarray(at, at + 16_384), slab);
    slab.letGo();
    body.push(other.memory.subarray(0, 100), other);
    // Not right behind it, and behind it in another's memory.
    body.push(other.memory.subarray(200, 300), other);
    body.push(Buffer.from("of no slab"), undefined);
    body.end();
    const seen: Uint8Array[] = [];
    for await (const chunk of body) seen.push(chunk);
    expect(seen.map(({ length }) => length)).toEqual([65_536, 100, 100, 10]);
    expect(slab.memory.equals(seen[0] as Buffer)).toBe(true);
    expect(spare).toEqual([]);
    body.release(seen[0] as Buffer);
    expect(spare).toEqual([slab]);
  });

  test("is the bytes that were read, whatever came together and whenever it was read", async () => {
    const reads = fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.nat({ max: 3 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(reads, async (pieces) => {
        const { body } = stream();
        const memory = new ReadMemory();
        const sent = createHash("md5");
        const received = createHash("md5");
        const reader = body[Symbol.asyncIterator]();
        memory.bodyGoesOn = true;
        let waiting = 0;
        const read = async () => {
          const { value } = await reader.next();
          received.update(value as Buffer);
          waiting -= (value as Buffer).length;
          // From here on it may be written over.
          body.release(value as Buffer);
        };
        memory.onRead = (room, length) => {
          room.fill(createHash("sha512").update(`${length} ${waiting}`).digest(), 0, length);
          sent.update(room.subarray(0, length));
          body.push(room.subarray(0, length), memory.slab);
          waiting += length;
          return true;
        };
        for (const [length, times] of pieces) {
          memory.onread.callback(Math.min(length, memory.onread.buffer().length));
          for (let time = 0; time < times && waiting > 0; time++) await read();
        }
        while (waiting > 0) await read();
        expect(received.digest("hex")).toBe(sent.digest("hex"));
      }),
      { numRuns: runs(100) },
    );
  });

  test("that fails tells whoever waits, and whoever asks later, and gives nothing more out", async () => {
    const { body } = stream();
    const reader = body[Symbol.asyncIterator]();
    const waiting = reader.next();
    body.fail(new Error("it broke"));
    await expect(waiting).rejects.toThrow("it broke");
    await expect(reader.next()).rejects.toThrow("it broke");

    const unread = stream().body;
    unread.push(Buffer.from("a"), new Slab());
    unread.fail(new Error("it broke"));
    await expect(unread[Symbol.asyncIterator]().next()).rejects.toThrow("it broke");
  });

  test("that is left before its end is destroyed once, one that was read is not", async () => {
    const { body, asked } = stream();
    body.push(Buffer.from("a"), new Slab());
    for await (const _ of body) break;
    body.destroy();
    expect(asked.destroyed).toBe(1);

    const whole = stream();
    whole.body.end();
    for await (const _ of whole.body) throw new Error("there is nothing");
    whole.body.destroy();
    expect(whole.asked.destroyed).toBe(0);
  });

  test("holds nothing of what was read, released or not", async () => {
    const { body } = stream();
    const read = async () => {
      body.push(Buffer.alloc(1 << 20), new Slab());
      const { value } = await body[Symbol.asyncIterator]().next();
      return new WeakRef(value as Buffer);
    };
    const chunk = await read();
    await new Promise(setImmediate);
    collectGarbage();
    expect(chunk.deref()).toBeUndefined();
    body.end();
  });

  test("releases a chunk once, whatever it is told", async () => {
    const { body } = stream();
    const slab = new Slab();
    slab.hold();
    const chunk = Buffer.from("a");
    body.push(chunk, slab);
    await body[Symbol.asyncIterator]().next();
    body.release(Buffer.from("b"));
    const memory = new ReadMemory();
    body.release(chunk);
    body.release(chunk);
    // Somebody else holds it still: it is nobody's to read to.
    for (let n = 0; n < 300; n++) {
      expect(memory.onread.buffer().buffer).not.toBe(slab.memory.buffer);
      memory.onread.callback(60_000);
    }
  });
});
