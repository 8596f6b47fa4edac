/** Catches: a reply that depends on how its bytes were cut; one that two readers would take for two different things. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplyReader } from "../../../src/http/wire/reply-reader.ts";
import { runs } from "../../setup/quick.ts";

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  body: string;
  ended: boolean;
}

/** Reads the pieces as replies to these methods, in turn. */
function read(pieces: readonly Buffer[], methods: readonly string[] = ["GET"], closed = false) {
  const reader = new ReplyReader();
  const seen: Seen[] = [];
  const waiting = [...methods];
  const begin = () => {
    const method = waiting.shift();
    if (method === undefined) return;
    let reply: Seen | undefined;
    reader.begin(
      {
        onHead(status, headers) {
          reply = { status, headers, body: "", ended: false };
          seen.push(reply);
        },
        onData(data) {
          if (reply !== undefined) reply.body += data.toString("latin1");
        },
        onEnd() {
          if (reply !== undefined) reply.ended = true;
        },
      },
      method === "HEAD",
    );
  };
  begin();
  for (const piece of pieces) {
    // As a connection does, which reads over what nobody was given; what lies behind it is of earlier reads.
    const memory = Buffer.concat([piece, Buffer.from("\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")]);
    if (!reader.read(memory, piece.length)) memory.fill("?");
    if (reader.ended) begin();
  }
  const endedByClose = closed && reader.close();
  return { seen, endedByClose, persistent: reader.persistent };
}

const one = (text: string, method = "GET", closed = false) => read([Buffer.from(text, "latin1")], [method], closed);

/** Cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, n) => bytes.subarray(at[n], end));
}

const replies: readonly (readonly [string, string, string])[] = [
  ["a length", 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nETag: "a"\r\n\r\nhello world', "hello world"],
  ["no body", "HTTP/1.1 204 No Content\r\nx-cos-request-id: 1\r\n\r\n", ""],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nx: y\r\n\r\n",
    "hello world",
  ],
  ["an interim reply first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 \r\ncontent-length:2 \r\n\r\nok", "ok"],
  [
    "large chunks",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n${"1F4\r\n".concat("x".repeat(500))}\r\n000\r\n\r\n`,
    "x".repeat(500),
  ],
];

describe("a reply", () => {
  test.each(replies)("with %s is the same however its bytes are cut", (_, text, body) => {
    const bytes = Buffer.from(text, "latin1");
    const whole = one(text);
    expect(whole.seen).toMatchObject([{ body, ended: true }]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), (places) => {
        expect(read(cut(bytes, places)).seen).toEqual(whole.seen);
      }),
    );
    expect(read([...bytes].map((byte) => Buffer.from([byte]))).seen).toEqual(whole.seen);
  });

  test("to a HEAD has no body, whatever its length", () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
    expect(one(head, "HEAD").seen).toMatchObject([{ ended: true, body: "", headers: { "content-length": "1000" } }]);
    expect(one(head).seen).toMatchObject([{ ended: false }]);
  });

  test("without a length ends with its connection, which then carries no other", () => {
    expect(one("HTTP/1.1 200 OK\r\n\r\nall there is", "GET", true)).toMatchObject({
      seen: [{ body: "all there is", ended: true }],
      endedByClose: true,
    });
    expect(one("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", "GET", true)).toMatchObject({
      seen: [{ ended: false }],
      endedByClose: false,
    });
  });

  test.each([
    ["HTTP/1.1 200 OK\r\ncontent-length: 0", true],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive", true],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: Close", false],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x, close", false],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0", false],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive", true],
  ])("%j leaves its connection for another: %s", (head, persistent) => {
    expect(one(`${head}\r\n\r\n`).persistent).toBe(persistent);
  });

  test("names and values come as the peer means them", () => {
    const { seen } = one(
      "HTTP/1.1 200 OK\r\nX-Cos-Meta-A:  b \t\r\nx-empty:\r\nx-colon: a:b\r\n__proto__: x\r\ncontent-length: 0\r\n\r\n",
    );
    expect({ ...seen[0]?.headers }).toEqual({
      "x-cos-meta-a": "b",
      "x-empty": "",
      "x-colon": "a:b",
      "content-length": "0",
    });
    expect(Object.getPrototypeOf(seen[0]?.headers)).toBe(Object.prototype);
  });

  const ok = "HTTP/1.1 200 OK\r\n";
  test.each([
    ["another protocol", "SSH-2.0-OpenSSH\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["a protocol that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["a folded line", `${ok}x-a: b\r\n c\r\n\r\n`],
    ["a line without a name", `${ok}: b\r\n\r\n`],
    ["a space before the colon", `${ok}content-length : 5\r\n\r\n`],
    ["a line feed within a value", `${ok}x-a: b\nx-c: d\r\n\r\n`],
    ["a NUL within a value", `${ok}x-a: b\0\r\n\r\n`],
    ["two lengths", `${ok}content-length: 5\r\ncontent-length: 6\r\n\r\n`],
    ["a length that is a list", `${ok}content-length: 5, 5\r\n\r\n`],
    ["a negative length", `${ok}content-length: -1\r\n\r\n`],
    ["a length with a sign", `${ok}content-length: +1\r\n\r\n`],
    ["a length in hex", `${ok}content-length: 0x10\r\n\r\n`],
    ["a length beyond reckoning", `${ok}content-length: 99999999999999999999\r\n\r\n`],
    ["a length beside chunks", `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`],
    ["a coding that is not chunked", `${ok}transfer-encoding: gzip, chunked\r\n\r\n`],
    ["a chunk without a size", `${ok}transfer-encoding: chunked\r\n\r\nhello\r\n`],
    ["a chunk with a sign", `${ok}transfer-encoding: chunked\r\n\r\n-5\r\nhello\r\n`],
    ["a chunk longer than it said", `${ok}transfer-encoding: chunked\r\n\r\n4\r\nhello\r\n`],
    ["chunks that end in a bare line feed", `${ok}transfer-encoding: chunked\r\n\r\n5\nhello\n`],
    ["a head without an end", `${ok}x-a: ${"b".repeat(70_000)}`],
  ])("with %s is refused", (_, text) => {
    expect(() => one(text)).toThrow(expect.objectContaining({ code: "MalformedHttp" }));
    // Cut anywhere, it is refused as well.
    const bytes = Buffer.from(text, "latin1");
    expect(() => read(cut(bytes, [bytes.length >> 1, bytes.length >> 2]))).toThrow();
  });

  test.each([
    ["MalformedHttp", `${ok}content-length: 2\r\n\r\nok!`],
    ["MalformedHttp", `${ok}content-length: 2\r\n\r\nok${ok}content-length: 0\r\n\r\n`],
    ["ConnectionEnded", `${ok}content-length: 2\r\n\r\nokHTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n`],
  ])("with bytes after its end is %s", (code, text) => {
    expect(() => one(text)).toThrow(expect.objectContaining({ code }));
  });

  test("that never came is no reply; the beginning of something else is refused", () => {
    expect(one("", "GET", true)).toMatchObject({ seen: [], endedByClose: false });
    expect(() => one("HTT", "GET", true)).toThrow("no HTTP/1.1");
  });

  test("whatever bytes come, reading ends, in a reply or in MalformedHttp", () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(...replies.map(([, text]) => Buffer.from(text))),
    );
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 4 }), (pieces) => {
        try {
          read(
            pieces.map((piece) => Buffer.from(piece)),
            ["GET", "HEAD", "GET"],
            true,
          );
        } catch (error) {
          expect(error).toMatchObject({ code: "MalformedHttp" });
        }
      }),
    );
  });
});

test("replies on one connection follow one another", () => {
  const first = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na");
  const second = Buffer.from("HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\n");
  const third = Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n");
  const { seen } = read([first, second, third], ["GET", "HEAD", "GET"]);
  expect(seen.map(({ status, body, ended }) => [status, body, ended])).toEqual([
    [200, "a", true],
    [404, "", true],
    [200, "c", true],
  ]);
});

test("what the replies before had for a head changes nothing about the next", () => {
  const name = fc.constantFrom("ETag", "etag", "x-a", "X-A", "x-ab", "__proto__", "Date", "content-type");
  const value = fc.constantFrom("", " ", "a", " b ", "é", "1:2", "\ttab");
  const lines = fc.array(
    fc.tuple(name, value).map(([n, v]) => `${n}:${v}\r\n`),
    { maxLength: 6 },
  );
  const status = fc.constantFrom("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 200", "HTTP/1.1 201 OK");
  const reply = fc
    .tuple(status, lines, fc.nat(6))
    .map(([line, all, at]) => [line, "\r\n", ...all.toSpliced(at, 0, "Content-Length: 2\r\n"), "\r\nok"].join(""));
  fc.assert(
    fc.property(fc.array(reply, { minLength: 1, maxLength: 6 }), (texts) => {
      const pieces = texts.map((text) => Buffer.from(text, "latin1"));
      const together = read(
        pieces,
        texts.map(() => "GET"),
      );
      expect(together.seen).toEqual(texts.flatMap((text) => one(text).seen));
    }),
    { numRuns: runs(1000) },
  );
});

test("a head of more lines than are remembered is read whole, twice", () => {
  const lines = Array.from({ length: 250 }, (_, n) => `x-${n % 125}: ${n}\r\n`).join("");
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${lines}content-length: 0\r\n\r\n`);
  const { seen } = read([bytes, bytes], ["GET", "GET"]);
  for (const reply of seen) {
    expect(Object.keys(reply.headers)).toHaveLength(126);
    expect(reply.headers["x-0"]).toBe("0, 125");
    expect(reply.headers["x-124"]).toBe("124, 249");
  }
  expect(seen).toHaveLength(2);
});
