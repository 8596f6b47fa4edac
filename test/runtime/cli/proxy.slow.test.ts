/**
 * The real command line where a proxy is set. Catches: a proxy that is passed by, or that loopback is sent through; a password that
 * is shown; a certificate that is looked for under the bucket's name, or not at all, behind a proxy.
 */
import { connect, type Server } from "node:net";
import { createServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openProxy } from "../../http/proxy-server.ts";
import { deadOrigin } from "../../http/raw-server.ts";
import { elsewhere } from "./certificates.ts";
import { keys, type Lab, lines, openLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(() => lab.next());

/** The embedded COS over TLS, as elsewhere.example. */
async function overTls(): Promise<string> {
  const { port } = new URL(lab.emulator.url);
  const server: Server = createServer(elsewhere, (outside) => {
    const inside = connect(Number(port), "127.0.0.1");
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.pipe(inside).pipe(outside);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function proxy(dial?: (host: string) => string) {
  const opened = await openProxy(dial);
  onTestFinished(() => opened.close());
  return opened;
}

/** Whatever is set where the tests run. */
const noProxy = { HTTP_PROXY: "", HTTPS_PROXY: "" };
const archiveAll = async (more: Record<string, string>, ...args: string[]) => {
  const manifest = await lab.file("keys.txt", lines(...keys));
  return lab.run(["--manifest", manifest, "--concurrency", "2", ...args], undefined, { ...noProxy, ...more });
};
const expectArchived = () => {
  for (const key of keys) expect(lab.archived(key), key).toEqual(lab.original(key));
};

describe("cos-originals run where a proxy is set", () => {
  it("goes to https through it, says so once, and shows no password", async () => {
    const behind = await overTls();
    const { url, asked, authorizations } = await proxy(() => behind);
    const ca = await lab.file("ca.pem", elsewhere.cert);
    const { code, stdout, stderr } = await archiveAll({
      ORIGINALS_ENDPOINT: "https://elsewhere.example",
      NODE_EXTRA_CA_CERTS: ca,
      HTTPS_PROXY: url.replace("//", "//me:hidden@"),
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expectArchived();
    expect(new Set(asked)).toEqual(new Set(["CONNECT elsewhere.example:443"]));
    expect(new Set(authorizations)).toEqual(new Set([`Basic ${Buffer.from("me:hidden").toString("base64")}`]));
    expect(stderr.match(/proxy/gi)).toHaveLength(1 + 1);
    expect(stderr).toContain(`A proxy is set: https goes through ${url} (HTTPS_PROXY).\n`);
    expect(stdout + stderr).not.toContain("hidden");
  });

  it("goes to plain http through it, but for the hosts of NO_PROXY", async () => {
    const { url, asked } = await proxy();
    const origin = `http://0.0.0.0:${new URL(lab.emulator.url).port}`;
    const more = { ORIGINALS_ENDPOINT: origin, http_proxy: url };
    const through = await archiveAll(more, "--allow-http", "0.0.0.0");
    expect(through).toMatchObject({ code: 0 });
    expectArchived();
    expect(asked.length).toBeGreaterThan(2 * keys.length);
    expect(asked.every((each) => each.endsWith(` ${origin}`))).toBe(true);

    lab.next();
    asked.length = 0;
    const direct = await archiveAll({ ...more, no_proxy: "0.0.0.0" }, "--allow-http", "0.0.0.0");
    expect(direct).toMatchObject({ code: 0 });
    expectArchived();
    expect(asked).toEqual([]);
  });

  it("leaves loopback alone, and has nothing to say, though the proxy is dead", async () => {
    const dead = await deadOrigin();
    const { code, stderr } = await archiveAll({ HTTP_PROXY: dead, HTTPS_PROXY: dead });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).not.toMatch(/proxy/i);
    expectArchived();
  });

  it("says that the proxy can't be reached, where it can't", async () => {
    const dead = await deadOrigin();
    const { code, stderr } = await archiveAll({ ORIGINALS_ENDPOINT: "https://elsewhere.example", HTTPS_PROXY: dead });
    expect(code).not.toBe(0);
    expect(stderr).toContain(`${dead} of HTTPS_PROXY can't be reached, ECONNREFUSED`);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("refuses what is no proxy's address, without showing it", async () => {
    const { code, stderr } = await archiveAll({
      ORIGINALS_ENDPOINT: "https://elsewhere.example",
      HTTPS_PROXY: "ftp://me:hidden@p.example",
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        "cos-originals: HTTPS_PROXY is not the address of a proxy; give one such as http://proxy.example:3128, or unset it.\n",
    });
  });
});
