/**
 * Replies that show the request, or steer a terminal, by the real command line. Would catch: a way from a reply to a screen, a report
 * or the ledger that leads past the door.
 */
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { tinyServer } from "../../http/tiny-server.ts";
import { runCli } from "./built.ts";
import { archive, keys, type Lab, lines, openLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
beforeEach(() => lab.next());

const token = "3Uw+t/0k==Zpq9LrXf7vJm2Nc8Hs4Td6Yb1Ga5KeQw8Er";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
const steering = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** A source that refuses everything, with this document and request id; with `heads` all but HEADs. */
async function refusing(
  document: (sent: Readonly<Record<string, string>>, target: string) => string,
  requestId: string,
  { heads = false } = {},
) {
  const sent: string[] = [];
  const server = await tinyServer((received, response) => {
    sent.push(received.headers.authorization ?? "");
    if (heads && received.method === "HEAD") {
      const etag = '"0cc175b9c0f1b6a831c399e269772661"';
      response.writeHead(200, { "x-cos-request-id": "EXAMPLE5", etag, "content-length": "1" }).end();
      return;
    }
    const body = Buffer.from(document(received.headers, received.target));
    response.writeHead(403, {
      "content-type": "application/xml",
      "x-cos-request-id": Buffer.from(requestId).toString("latin1"),
      "content-length": String(body.length),
    });
    response.end(received.method === "HEAD" ? undefined : body);
  });
  const env = { ...lab.env, ORIGINALS_SOURCE_ENDPOINT: server.origin, TENCENTCLOUD_SESSIONTOKEN: "" };
  return { env, sent };
}

/** Every object of the archive's bucket, the ledger's among them. */
const stored = () =>
  lab.emulator
    .bucket(archive)
    .keys()
    .map((key) => {
      const bytes = lab.emulator.bucket(archive).get(key)?.bytes ?? Buffer.alloc(0);
      return `${key} ${(key.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()}`;
    })
    .join("\n");

it("what a page shows of the request reaches neither screen nor ledger", async () => {
  const { env, sent } = await refusing(
    (headers, target) =>
      `<Error><Code>AccessDenied</Code><Message>blocked: GET ${target} x-cos-security-token: ${headers["x-cos-security-token"]} authorization: ${headers.authorization?.replaceAll("&", "&amp;")}</Message></Error>`,
    "EXAMPLE4",
    { heads: true },
  );
  // The embedded COS knows no token, and needs none: the archive has credentials of its own.
  const both = {
    ...env,
    TENCENTCLOUD_SESSIONTOKEN: token,
    ORIGINALS_ARCHIVE_SECRETID: lab.env.TENCENTCLOUD_SECRETID ?? "",
    ORIGINALS_ARCHIVE_SECRETKEY: lab.env.TENCENTCLOUD_SECRETKEY ?? "",
  };
  const manifest = await lab.file("keys.txt", lines(...keys));
  const ran = await lab.run(["--manifest", manifest, "--run", "echo", "--expect", "get"], undefined, both);
  const examined = await runCli(lab.built.cli, ["doctor", "--key", "plain.png", "--archive", lab.place()], both);
  expect(ran.code).not.toBe(0);
  expect(examined.code).toBe(6);
  const all = [ran.stdout, ran.stderr, examined.stdout, examined.stderr, stored()].join("\n");
  expect(all).toContain("blocked: GET /");
  expect(all).toContain("[redacted]");
  expect(all).not.toContain(token.slice(0, 16));
  expect(all).not.toContain(token.slice(-16));
  for (const authorization of sent) {
    const signature = authorization.slice(-40);
    expect(signature).toMatch(/^[0-9a-f]{40}$/);
    expect(all).not.toContain(signature);
  }
});

it("no line is forged and no terminal is steered, and keys in JSON stay what they are", async () => {
  const { env } = await refusing(
    () =>
      "<Error><Code>AccessDenied</Code><Message>no&#10;good     archive: all is well \u202e.gpj.exe \u009b2J</Message></Error>",
    "EX\u009b[31mAMPLE",
  );
  const hostileKey = "a\u202egpj.exe\u0085.png";
  const manifest = await lab.file("hostile.jsonl", `${JSON.stringify({ key: hostileKey })}\n`);
  const ran = await lab.run(["--manifest", manifest, "--run", "escapes"], undefined, env);
  const examined = await runCli(lab.built.cli, ["doctor", "--key", "plain.png", "--archive", lab.place()], env);
  for (const text of [ran.stdout, ran.stderr, examined.stdout, examined.stderr]) expect(text).not.toMatch(steering);
  expect(examined.stdout).not.toMatch(/^good {5}archive: all is well/m);
  expect(examined.stdout).toContain("request id EX\\u009b[31mAMPLE");
  const status = await runCli(lab.built.cli, ["status", "escapes", "--full", "--json", "--archive", lab.place()], env);
  expect(status.stdout).not.toMatch(steering);
  const { failures } = JSON.parse(status.stdout);
  for (const { keys: failed } of failures) expect(failed).toEqual([hostileKey]);
});
