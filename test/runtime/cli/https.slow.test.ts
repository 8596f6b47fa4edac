/**
 * The real command line over TLS: the embedded COS behind a server that takes TLS off. Catches: a certificate that is not
 * looked at, or is looked for under the bucket's name where an address is dialled; IPv6 addresses that are dialled with their
 * brackets.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { createServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { elsewhere, type Identity, local } from "./certificates.ts";
import { keys, type Lab, lines, openLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => lab.next());

async function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Hands on to the embedded COS what comes in by TLS; counts its connections. */
async function tlsBefore(identity: Identity) {
  let connections = 0;
  const { port: behind } = new URL(lab.emulator.url);
  const server = createServer(identity, (outside) => {
    connections++;
    const inside = connect(Number(behind), "127.0.0.1");
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.pipe(inside).pipe(outside);
  });
  server.on("tlsClientError", () => undefined);
  return { port: await listening(server, "127.0.0.1"), connections: () => connections };
}

describe("cos-originals run over TLS", () => {
  const archiveAll = async (endpoint: string, trusted: Identity | undefined) => {
    const ca = await lab.file("ca.pem", trusted?.cert ?? "");
    const manifest = await lab.file("keys.txt", lines(...keys));
    return lab.run(["--manifest", manifest, "--concurrency", "2"], undefined, {
      ORIGINALS_ENDPOINT: endpoint,
      ...(trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }),
    });
  };

  it.each(["127.0.0.1", "localhost"])("archives by %s, over connections that are kept", async (host) => {
    const { port, connections } = await tlsBefore(local);
    const { code, stderr } = await archiveAll(`https://${host}:${port}`, local);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    for (const key of keys) expect(lab.archived(key), key).toEqual(lab.original(key));
    // Two buckets, few at once, and some forty requests.
    expect(connections()).toBeLessThan(20);
  });

  it.each([
    ["that nobody vouches for", local, undefined, /self[- ]signed/i],
    ["of another host", elsewhere, elsewhere, /is another host's/],
  ])("refuses a certificate %s, in one sentence, and sends nothing", async (_, presented, trusted, says) => {
    const { port } = await tlsBefore(presented);
    const { code, stdout, stderr } = await archiveAll(`https://127.0.0.1:${port}`, trusted);
    expect(code).toBe(6);
    expect(stdout + stderr).toMatch(says);
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
    for (const key of keys) expect(lab.archived(key)).toBeUndefined();
  });
});

it("cos-originals run dials an IPv6 address", async () => {
  const { port: behind } = new URL(lab.emulator.url);
  const server = createTcpServer((outside) => {
    const inside = connect(Number(behind), "127.0.0.1");
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.pipe(inside).pipe(outside);
  });
  const port = await listening(server, "::1");
  const manifest = await lab.file("keys.txt", lines(...keys));
  const more = { ORIGINALS_ENDPOINT: `http://[::1]:${port}` };
  const { code, stderr } = await lab.run(["--manifest", manifest], undefined, more);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  for (const key of keys) expect(lab.archived(key), key).toEqual(lab.original(key));
});
