import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { selfSigned } from "./certificate.ts";

it("a certificate is of this machine, and good for the days around now", async () => {
  const now = Date.parse("2026-12-31T23:59:59Z");
  const certificate = new X509Certificate(selfSigned(now).cert);
  expect(certificate.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
  expect([certificate.validFrom, certificate.validTo]).toEqual([
    "Dec 30 23:59:59 2026 GMT",
    "Jan  1 23:59:59 2027 GMT",
  ]);
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

it("whoever is given the certificate speaks with its server, and nobody else", async () => {
  const { key, cert } = selfSigned(Date.now());
  const server = createServer({ key, cert }, (socket) => socket.end("hello")).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => {});
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const trusting = connect({ port, host: "127.0.0.1", ca: cert });
  expect(String(await once(trusting, "data"))).toBe("hello");
  const other = connect({ port, host: "127.0.0.1" });
  await expect(once(other, "data")).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
});
