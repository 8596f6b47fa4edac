/** Catches: a TLS fault that never passes, tried again for minutes; a line of OpenSSL's in front of people; a broken record that is not tried again. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { tlsFault } from "../../../src/http/exchange/tls-faults.ts";
import { createUndiciHttp } from "../../../src/http/undici.ts";
import { createWireHttp } from "../../../src/http/wire/client.ts";
import { local } from "../../runtime/cli/certificates.ts";
import { clientsOf, httpErrorOf, request } from "../conformance/client.ts";
import { rawServer } from "../raw-server.ts";

const fault = (code: string, message = code) => tlsFault(Object.assign(new Error(message), { code }));
const openSsl = (reason: string) =>
  `write EPROTO C0DE:error:0A00010B:SSL routines:ssl3_get_record:${reason}:../deps/openssl/ssl/record.c:354:\n`;

describe("what Node says of TLS", () => {
  test.each([
    ["CERT_HAS_EXPIRED", "the certificate has expired, CERT_HAS_EXPIRED"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is another host's, ERR_TLS_CERT_ALTNAME_INVALID"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "the certificate is self-signed, DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["CERT_CHAIN_TOO_LONG", "the certificate does not hold, CERT_CHAIN_TOO_LONG"],
  ])("%s is a certificate that is not trusted", (code, message) => {
    expect(fault(code)).toMatchObject({ code: "UntrustedCertificate", message });
  });

  test.each([
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "", "tlsv1 alert protocol version"],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", "", "unsupported protocol"],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "", "sslv3 alert handshake failure"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "", "wrong version number: what listens there speaks no TLS"],
    ["EPROTO", openSsl("wrong version number"), "wrong version number: what listens there speaks no TLS"],
    ["EPROTO", openSsl("unsupported protocol"), "unsupported protocol"],
  ])("%s %s is TLS that is refused", (code, message, told) => {
    expect(fault(code, message)).toMatchObject({ code: "TlsRefused", message: told });
  });

  test.each([
    ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", ""],
    ["ERR_SSL_UNEXPECTED_EOF_WHILE_READING", ""],
    ["EPROTO", openSsl("bad record mac")],
    ["ECONNRESET", ""],
  ])("%s %s may pass", (code, message) => {
    expect(fault(code, message)).toBeUndefined();
  });
});

describe.each([
  ["connections of our own", createWireHttp],
  ["undici's client", createUndiciHttp],
])("%s", (_, createHttp) => {
  const errorOf = (port: string | number) =>
    httpErrorOf(clientsOf(createHttp)().send(request({ origin: `https://127.0.0.1:${port}` })));

  test("tell of an old protocol", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const server = createServer({ ...local, ...old }).listen(0, "127.0.0.1");
    server.on("tlsClientError", () => {});
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const error = await errorOf((server.address() as AddressInfo).port);
    expect(error).toMatchObject({ code: "TlsRefused", retryable: false });
    expect(error.message).not.toMatch(/[\n:]error:|routines/);
  });

  test("tell of a server without TLS", async () => {
    const server = await rawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"));
    const error = await errorOf(new URL(server.origin).port);
    expect(error).toMatchObject({ code: "TlsRefused", retryable: false });
    expect(error.message).toContain("speaks no TLS");
  });
});
