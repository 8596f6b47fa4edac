/**
 * The HTTP server: sockets in, requests handed on. What is not a request, or ends in the middle of one, is answered here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ensureError } from "../vocabulary/errors.ts";
import type { Operation } from "./faults/operation.ts";
import { createRequestHandler, type ServerParts } from "./handle-request.ts";
import { errorReply } from "./protocol/error-reply.ts";
import { type Refusal, refusal } from "./protocol/refusal.ts";

export interface CosServer {
  readonly server: Server;
  readonly counts: Record<Operation, number>;
}

const KEEP_ALIVE_MS = 65_000;

export function createCosServer(parts: ServerParts): CosServer {
  const handler = createRequestHandler(parts);
  /** Which socket is in the middle of which exchange, for what the parser reports by socket. */
  const inFlight = new WeakMap<Socket, { incoming: IncomingMessage; response: ServerResponse }>();

  function onRequest(incoming: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    inFlight.set(incoming.socket, { incoming, response });
    handler.handle(incoming, response, expectsContinue).catch((thrown: unknown) => {
      const { message } = ensureError(thrown);
      parts.log.error("the emulator failed to answer a request", { url: incoming.url, message });
      incoming.socket.destroy();
    });
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
  server.on("request", (incoming, response) => onRequest(incoming, response, false));
  server.on("checkContinue", (incoming, response) => onRequest(incoming, response, true));

  function answerRaw(socket: Socket, refused: Refusal): void {
    const reply = errorReply(refused.details, "", parts.identify.requestId(), parts.switches());
    const bytes = reply.body.kind === "bytes" ? reply.body.bytes : Buffer.alloc(0);
    const head = [
      `HTTP/1.1 ${reply.status} ${refused.details.code}`,
      "Connection: close",
      `Content-Length: ${bytes.length}`,
      ...Object.entries({ ...parts.identify.headers(parts.clock.now()), ...reply.headers }).map(
        ([name, value]) => `${name}: ${value}`,
      ),
    ];
    if (socket.writable)
      socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]), () => socket.destroy());
    else socket.destroy();
  }

  server.on("clientError", (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket;
    const current = inFlight.get(socket);
    const isAnswering = current !== undefined && !current.response.writableFinished;
    if (isAnswering && current.incoming.complete) {
      // Bytes beyond Content-Length: they are dropped, the request they follow is answered.
      current.response.shouldKeepAlive = false;
      current.response.on("finish", () => socket.destroySoon());
      return;
    }
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else if (isAnswering) answerRaw(socket, refusal("IncompleteBody"));
    else if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") answerRaw(socket, refusal("RequestTimeout"));
    else if (socket.bytesRead === 0) socket.destroy();
    else answerRaw(socket, refusal("InvalidRequest", { message: "What was sent is not an HTTP request." }));
  });
  server.on("connect", (_incoming, duplex) => {
    const message =
      "This proxy serves plain http to COS host names; it cannot tunnel. Set the client's protocol to http.";
    answerRaw(duplex as Socket, refusal("NotImplemented", { message }));
  });

  return { server, counts: handler.counts };
}
