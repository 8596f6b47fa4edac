import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Bodies, type Body, clip, openBodies } from "../../../src/emulator/store/bodies.ts";

const MIB = 1024 * 1024;
let directory: string;
let bodies: Bodies;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "emulator-bodies-"));
  bodies = openBodies(directory);
  bodies.sweep();
});
afterEach(() => {
  bodies.close();
  rmSync(directory, { recursive: true, force: true });
});
const files = () => readdirSync(directory);

function ownFile(...chunks: readonly Buffer[]): Body {
  const writer = bodies.create();
  for (const chunk of chunks) writer.write(chunk);
  return writer.finish();
}

test("bytes are read back as they were written, in one piece or streamed, from one file or several", async () => {
  const pieces = [Buffer.from("small"), Buffer.alloc(300_000, "streamed "), Buffer.from("small too")];
  const body = [
    ...bodies.write(pieces[0]!),
    ...ownFile(pieces[1]!.subarray(0, 1000), pieces[1]!.subarray(1000)),
    ...bodies.write(pieces[2]!),
  ];
  expect(bodies.read(body).equals(Buffer.concat(pieces))).toBe(true);
  const streamed: Buffer[] = [];
  for await (const chunk of bodies.stream(body)) streamed.push(chunk);
  expect(streamed.length).toBeGreaterThan(1);
  expect(Buffer.concat(streamed).equals(Buffer.concat(pieces))).toBe(true);
  expect(bodies.write(Buffer.alloc(0))).toEqual([]);
});

test("small bodies share a file, which goes when it is full and none of them is held", () => {
  const [first, ...others] = Array.from({ length: 7 }, () => bodies.write(Buffer.alloc(MIB)));
  expect(files().length).toBe(2);
  for (const body of others) bodies.release(body);
  expect(files().length).toBe(2);
  bodies.release(first!);
  expect(files().length).toBe(1);
  bodies.close();
  expect(files()).toEqual([]);
});

test("bytes that are being read stay readable when nobody else holds them any more, and are gone after", async () => {
  const whole = [Buffer.alloc(300_000, "first"), Buffer.alloc(300_000, "second")];
  const body = whole.flatMap((bytes) => ownFile(bytes));
  const chunks: Buffer[] = [];
  for await (const chunk of bodies.stream(body)) {
    if (chunks.length === 0) bodies.release(body);
    expect(files().length).toBe(2);
    chunks.push(chunk);
  }
  expect(Buffer.concat(chunks).equals(Buffer.concat(whole))).toBe(true);
  expect(files()).toEqual([]);
});

test("a reader that gives up lets go as well", async () => {
  const body = ownFile(Buffer.alloc(600_000));
  for await (const _ of bodies.stream(body)) {
    bodies.release(body);
    break;
  }
  expect(files()).toEqual([]);
});

test("a sweep removes what nobody holds, and nothing else", () => {
  const body = ownFile(Buffer.from("held"));
  writeFileSync(join(directory, "left-by-a-kill"), "bytes that no row names");
  bodies.sweep();
  expect(files()).toEqual([body[0]!.file]);
});

// Catches: a short answer where the disk holds fewer bytes than a row names.
test("a file that ends too early is told, not read short", () => {
  const [run] = ownFile(Buffer.from("12345"));
  expect(() => bodies.read([{ ...run!, length: 6 }])).toThrow(`the stored bytes of ${run!.file} end at 5`);
});

test("clipping a body takes the bytes that a slice of it would", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 });
  fc.assert(
    fc.property(lengths, fc.nat(60), fc.nat(60), (sizes, start, length) => {
      const body = sizes.map((size, file) => ({ file: String(file), start: 100, length: size }));
      const name = (run: Body[number]) => Array.from({ length: run.length }, (_, n) => `${run.file}:${run.start + n}`);
      expect(clip(body, start, length).flatMap(name)).toEqual(body.flatMap(name).slice(start, start + length));
    }),
  );
});
