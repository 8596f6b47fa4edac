import { once } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { uploadBody } from "../../../src/http/exchange/upload-body.ts";

async function drain(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

const bytes = (...parts: readonly string[]) =>
  Readable.from(
    parts.map((part) => Buffer.from(part)),
    { objectMode: false },
  );

describe("a watched body", () => {
  test("passes its chunks on and counts what was taken", async () => {
    const body = uploadBody(bytes("ab", "cde"), 5);
    expect(body.taken).toBe(0);
    expect(await drain(body)).toBe("abcde");
    expect(body.taken).toBe(5);
    expect(body.failure).toBeUndefined();
  });

  test("keeps what its source threw, as an Error", async () => {
    const body = uploadBody(
      (async function* () {
        yield Buffer.from("ab");
        throw "no Error";
      })(),
      5,
    );
    await expect(drain(body)).rejects.toThrow("no Error");
    expect(body.taken).toBe(2);
    expect(body.failure).toBeInstanceOf(Error);
  });

  test.each([
    ["nothing at all", [], ""],
    ["less than was announced", ["ab"], "ab"],
  ])("of %s fails at its end, which is never told", async (_, parts, passed) => {
    let text = "";
    const body = uploadBody(bytes(...parts), 3);
    const read = (async () => {
      for await (const chunk of body) text += Buffer.from(chunk).toString();
    })();
    await expect(read).rejects.toMatchObject({ code: "LengthMismatch" });
    expect([text, body.failure]).toEqual([passed, undefined]);
  });

  test("of more than was announced fails instead of it, and lets its source go", async () => {
    const source = Readable.from([Buffer.from("ab"), Buffer.from("cd")]);
    const iterator = uploadBody(source, 3)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(Buffer.from("ab"));
    await expect(iterator.next()).rejects.toMatchObject({ code: "LengthMismatch" });
    expect(source.destroyed).toBe(true);
  });

  test("stopped while its source is being waited for lets both go, and that is no failure of the source", async () => {
    const source = new Readable({ read() {} });
    const closed = once(source, "close");
    const body = uploadBody(source, 5);
    const waiting = drain(body);
    body.stop();
    await expect(waiting).rejects.toThrow("the exchange is over");
    await closed;
    expect(source.destroyed).toBe(true);
    expect(body.failure).toBeUndefined();
  });

  test("stopped releases who waits for it even where the source never answers", async () => {
    const body = uploadBody({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }, 5);
    const waiting = drain(body);
    body.stop();
    await expect(waiting).rejects.toThrow("the exchange is over");
  });

  test("stopped before its first chunk never asks for one, and is no empty body", async () => {
    let asked = false;
    const body = uploadBody(
      (async function* () {
        asked = true;
        yield Buffer.from("x");
      })(),
      1,
    );
    body.stop();
    await expect(drain(body)).rejects.toThrow("the exchange is over");
    expect(asked).toBe(false);
  });

  test("stopped at its end leaves a source alone that may be wanted again", async () => {
    const source = Readable.from([Buffer.from("x")], { objectMode: false, autoDestroy: false });
    const body = uploadBody({ [Symbol.asyncIterator]: () => source.iterator({ destroyOnReturn: false }) }, 1);
    await drain(body);
    body.stop();
    expect(source.destroyed).toBe(false);
  });
});
