/**
 * Nothing that a request was signed with comes back, whatever a service, or a proxy in its place, answers. Would catch: an operation, a
 * header or an ending whose text goes by another way than the one door.
 */
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBucketClient } from "../../../src/cos/client.ts";
import { staticCredentials } from "../../../src/credentials/credentials.ts";
import { HttpError } from "../../../src/http/port/error.ts";
import type { CreateHttp, HttpReply, HttpRequest } from "../../../src/http/port/http.ts";
import { quick, runs } from "../../setup/quick.ts";

const credentials = {
  secretId: "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q",
  secretKey: "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz",
  sessionToken: "3Uw+t/0k==Zpq9LrXf7vJm2Nc8Hs4Td6Yb1Ga5Ke",
};

/** Everything that was sent, as a proxy shows it. */
const sentOf = ({ method, target, headers, authorization }: HttpRequest) =>
  `${method} ${target}\n${headers.map(([name, value]) => `${name}: ${value}`).join("\n")}\nauthorization: ${authorization}`;

const escapeXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

type Answer = (sent: string, request: HttpRequest) => HttpReply | Error;

/** Each way in which text comes back. `write` is how the page writes what it was sent. */
const answers = (write: (text: string) => string): Readonly<Record<string, Answer>> => {
  const document = (sent: string, name = "Message") =>
    Buffer.from(`<Error><Code>AccessDenied</Code><${name}>blocked: ${escapeXml(write(sent))}</${name}></Error>`);
  const bytes = (status: number, body: Buffer, headers: Readonly<Record<string, string>> = {}): HttpReply => ({
    status,
    headers,
    kind: "bytes",
    bytes: body,
  });
  return {
    "a refusal's message": (sent) => bytes(403, document(sent)),
    "a refusal's code": (sent) => bytes(403, document(sent, "Code")),
    "a refusal's request id": (sent) => bytes(403, document(sent, "RequestId")),
    "a passing failure": (sent) => bytes(503, document(sent)),
    "an ended token": (sent) =>
      bytes(403, Buffer.from(document(sent).toString().replace("AccessDenied", "ExpiredToken"))),
    "an error in a success": (sent) => bytes(200, document(sent)),
    "what is no document": (sent) => bytes(200, Buffer.from(`<Other>${escapeXml(write(sent))}</Other>`)),
    "the headers of a refusal": (sent) =>
      bytes(403, Buffer.alloc(0), {
        "x-cos-request-id": write(sent),
        "x-ci-request-id": write(sent),
        date: write(sent),
        "retry-after": write(sent),
      }),
    "the headers of a success": (sent) =>
      bytes(200, Buffer.alloc(0), {
        "content-length": "0",
        "x-cos-request-id": write(sent),
        "x-ci-request-id": write(sent),
        etag: `"${write(sent)}"`,
        "x-cos-version-id": write(sent),
        "content-type": write(sent),
      }),
    "a transport's error": (sent) =>
      new HttpError(
        { code: "MalformedHttp", happened: `the reply was ${write(sent)}`, why: write(sent) },
        { cause: new Error(write(sent)) },
      ),
    "what caused a transport's error": (sent) =>
      new HttpError({ code: "ECONNRESET", happened: "it broke off" }, { cause: new Error(write(sent)) }),
  };
};

const writings: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  url: encodeURIComponent,
  base64: (text) => Buffer.from(text).toString("base64"),
  hex: (text) => Buffer.from(text).toString("hex"),
  json: (text) => JSON.stringify(text),
  xml: escapeXml,
};

function clientTo(answer: Answer) {
  const sent: string[] = [];
  const createHttp: CreateHttp = () => ({
    send(request, caller) {
      const text = sentOf(request);
      sent.push(text);
      const answered = answer(text, request);
      if (answered instanceof Error) caller.onError(answered);
      else caller.onReply(answered);
    },
    close: async () => {},
  });
  const client = createBucketClient({
    bucket: "photos-1250000000",
    region: "ap-guangzhou",
    credentials: staticCredentials(credentials),
    clock: { now: () => 1_700_000_000_000 },
    createHttp,
  });
  onTestFinished(() => client.close());
  return { client, sent };
}

type Client = ReturnType<typeof clientTo>["client"];

/** Every operation there is: one that is added must be added here. A disk has none but a folder, and to prepare asks nobody. */
const operations: {
  readonly [name in Exclude<keyof Client, "name" | "region" | "address" | "offers" | "prepare" | "disk" | "close">]: (
    client: Client,
  ) => Promise<unknown>;
} = {
  get: (client) => client.get("a.jpg", { originImage: true }),
  head: (client) => client.head("a.jpg"),
  put: (client) => client.put("a.jpg", Buffer.from("x")),
  copy: (client) => client.copy("a.jpg", "b.jpg"),
  restore: (client) => client.restore("a.jpg", { days: 1, tier: "Standard" }),
  delete: (client) => client.delete("a.jpg"),
  list: (client) => client.list({ prefix: "a" }),
  versioning: (client) => client.versioning(),
  listVersions: (client) => client.listVersions({ prefix: "a" }),
  createUpload: (client) => client.createUpload("a.jpg"),
  uploadPart: (client) => client.uploadPart("a.jpg", "id", 1, Buffer.from("x")),
  completeUpload: (client) => client.completeUpload("a.jpg", "id", [{ partNumber: 1, etag: "e" }]),
  abortUpload: (client) => client.abortUpload("a.jpg", "id"),
  getOriginProtect: (client) => client.getOriginProtect(),
  putOriginProtect: (client) => client.putOriginProtect(["jpg"]),
  deleteOriginProtect: (client) => client.deleteOriginProtect(),
  getSmartCompression: (client) => client.getSmartCompression(),
  getCiStatus: (client) => client.getCiStatus(),
  exactReply: (client) => client.exactReply({ method: "GET", key: "a.jpg" }),
};

/** What a person, a log or the ledger could show of it, but for what is data. */
function shown(value: unknown): string {
  if (value instanceof Error) {
    const { headers: _data, ...rest } = { headers: undefined, ...value };
    return `${value.message}\n${value.stack}\n${inspect(rest, { depth: 5 })}\n${value.cause === undefined ? "" : shown(value.cause)}`;
  }
  return inspect(value, { depth: 5, maxStringLength: null, maxArrayLength: null });
}

const signatureOf = (sent: string) => /q-signature=([0-9a-f]{40})/.exec(sent)?.[1] ?? "";

function secretsOf(sent: string): string[] {
  return Object.values(credentials).concat(signatureOf(sent));
}

// Each by itself takes a tenth of a second, and a quick run tries one in four.
const tried = Object.keys(operations).filter((_, index) => !quick || index % 4 === 0);

describe.each(tried)("%s", (operation) => {
  test.each(Object.keys(answers((text) => text)))("keeps what it was signed with from %s", async (ending) => {
    for (const [name, write] of Object.entries(writings)) {
      const { client, sent } = clientTo(answers(write)[ending] as Answer);
      const result = await operations[operation as keyof typeof operations](client).catch((error: unknown) => error);
      const text = shown(result);
      expect(sent).not.toEqual([]);
      for (const secret of secretsOf(sent.at(-1) ?? "")) {
        expect(secret.length).toBeGreaterThan(30);
        for (const form of [secret, ...Object.values(writings).map((each) => each(secret).replaceAll('"', ""))]) {
          expect(text, `${name}: ${text}`).not.toContain(form.slice(0, 20));
          expect(text, name).not.toContain(form.slice(12, 32));
        }
      }
    }
  });
});

test("what remains still says what happened", async () => {
  const { client } = clientTo(answers((text) => text)["a refusal's message"] as Answer);
  const error = await client.get("a.jpg", { originImage: true }).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "AccessDenied", status: 403 });
  expect((error as Error).message).toMatch(
    /^GET "a\.jpg" of photos-1250000000: status 403, AccessDenied: blocked: GET \/a\.jpg/,
  );
  expect((error as Error).message).toContain("x-cos-security-token: [redacted]");
});

test("a listing's keys and an object's metadata are data, and come as they are", async () => {
  const meta = "x".repeat(5) + credentials.secretId;
  const { client } = clientTo(() => ({
    status: 200,
    headers: { "x-cos-meta-a": meta, "x-cos-request-id": "r", etag: '"e"' },
    kind: "bytes",
    bytes: Buffer.alloc(0),
  }));
  expect((await client.head("a.jpg")).headers["x-cos-meta-a"]).toBe(meta);
});

test("replies without a secret are the very ones that came", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ maxLength: 80 }),
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), maxLength: 40 }),
      async (text, id) => {
        fc.pre(!/[:=@]/.test(text));
        const headers = { "x-cos-request-id": `r${id}${text}`, etag: `"e${id}"`, "content-type": text };
        const { client } = clientTo(() => ({ status: 200, headers, kind: "bytes", bytes: Buffer.alloc(0) }));
        expect(await client.head("a.jpg")).toMatchObject({ headers, requestId: `r${id}${text}` });
      },
    ),
    { numRuns: runs(100) },
  );
});
