import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}
/** "hang": never answers; "cut": closes the connection without an answer. */
export type Script = Reply | "hang" | "cut";

/** A loopback server that answers by a script and keeps what it was asked. The last line of the script repeats. */
export async function scriptedServer(...script: Script[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    received.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
    const reply = script[Math.min(received.length, script.length) - 1] ?? {};
    if (reply === "hang") return;
    if (reply === "cut") return void request.socket.destroy();
    const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
    response.writeHead(reply.status ?? 200, { "content-type": "application/x-amz-json-1.0", ...reply.headers });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
