/** How the benchmark's stores are reached: over TLS, as the service is, or with `--plain` over plain HTTP. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { selfSigned } from "./certificate.ts";

/** The folder of key.pem and cert.pem, for the stores' processes. */
const FOLDER = "BENCH_TLS";
/** Whom every process of Node trusts beyond those that everybody does; read when it starts. */
export const TRUSTED = "NODE_EXTRA_CA_CERTS";

/** From now on processes that are started have a certificate, or trust it. Returns what removes it. */
export function issueCertificate(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "originals-bench-tls-"));
  const { key, cert } = selfSigned(Date.now());
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
  writeFileSync(join(folder, "cert.pem"), cert);
  process.env[FOLDER] = folder;
  process.env[TRUSTED] = join(folder, "cert.pem");
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Was this process started by one that had issued a certificate? Whom it trusts was settled then. */
export const hasCertificate = (): boolean => process.env[FOLDER] !== undefined;

/** Listens on a free port of loopback; `onListening` is told the origin. */
export function listen(serve: (socket: Socket) => void, onListening: (origin: string) => void): void {
  const folder = process.env[FOLDER];
  const server =
    folder === undefined
      ? createServer({ noDelay: true }, serve)
      : createTlsServer(
          { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "cert.pem")), noDelay: true },
          serve,
        );
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    onListening(`${folder === undefined ? "http" : "https"}://127.0.0.1:${address.port}`);
  });
}
