/** A server for one test: what it was asked is kept, what it answers is the test's business. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface TinyServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly Received[];
  /** Connections accepted so far. */
  connections(): number;
}

export interface Received {
  readonly method: string;
  /** The request target as it came over the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names in the order and the case sent. */
  readonly names: readonly string[];
  /** Resolves with the whole body; rejects where the client hangs up. */
  body(): Promise<Buffer>;
}

export type Handler = (request: Received, response: ServerResponse, raw: IncomingMessage) => unknown;

/** Listens until the test is over. */
export async function tinyServer(handler: Handler): Promise<TinyServer> {
  const requests: Received[] = [];
  let connections = 0;
  const server = createServer((raw, response) => {
    const received: Received = {
      method: raw.method ?? "",
      target: raw.url ?? "",
      headers: Object.fromEntries(Object.entries(raw.headers).map(([name, value]) => [name, String(value)])),
      names: raw.rawHeaders.filter((_, index) => index % 2 === 0),
      body: async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of raw) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks);
      },
    };
    raw.on("error", () => {});
    response.on("error", () => {});
    requests.push(received);
    handler(received, response, raw);
  });
  server.on("connection", () => connections++);
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
  };
}
