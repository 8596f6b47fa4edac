/**
 * The HTTP server: sockets in, replies out. Each request gets its ids, is parsed, counted, shown to the fault plans,
 * served, and answered. What is not a request, or ends in the middle of one, is answered here as well.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../vocabulary/clock.ts";
import { ensureError } from "../vocabulary/errors.ts";
import type { Log } from "../vocabulary/log.ts";
import type { Fault, FaultableRequest, Faults } from "./faults/fault-plans.ts";
import { type Operation, operations } from "./faults/operation.ts";
import { createBudget } from "./faults/request-budget.ts";
import type { Switches } from "./faults/switches.ts";
import { placeholderReply, serve } from "./operations/serve-request.ts";
import { type Address, parseAddress } from "./protocol/address.ts";
import type { Authorize } from "./protocol/authorize.ts";
import { bytesReply, type Exchange, type Reply } from "./protocol/exchange.ts";
import { errorDocument, isKnownCode, Refusal, type RefusalDetails, refusal } from "./protocol/refusal.ts";
import { route } from "./protocol/route.ts";
import { type Sending, send, until } from "./protocol/send-reply.ts";
import type { Store } from "./store/store.ts";

export interface ServerParts {
  readonly store: Store;
  readonly authorize: Authorize;
  readonly switches: () => Switches;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly log: Log;
  readonly closing: AbortSignal;
  readonly onServed: ((served: ServedRequest) => void) | undefined;
}

/** One request that was answered, or that a fault left without an answer (status 0). */
export interface ServedRequest {
  readonly operation: Operation;
  readonly bucket: string | undefined;
  readonly key: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly requestId: string;
}

export interface CosServer {
  readonly server: Server;
  readonly counts: Record<Operation, number>;
}

const KEEP_ALIVE_MS = 65_000;

export function createCosServer(parts: ServerParts): CosServer {
  const { store, clock, closing, faults } = parts;
  const counts = Object.fromEntries(operations.map((operation) => [operation, 0])) as Record<Operation, number>;
  const budget = createBudget();
  const boot = randomBytes(6).toString("hex");
  let serial = 0;
  const newRequestId = () => `${boot}_${(++serial).toString(16).padStart(8, "0")}`;
  let newIds = 0;
  const newId = () =>
    `${clock.now().toString(16).padStart(12, "0")}${(++newIds % 0x10000).toString(16).padStart(4, "0")}${randomBytes(8).toString("hex")}`;

  let dateSecond = -1;
  let dateText = "";
  function httpDate(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== dateSecond) {
      dateSecond = second;
      dateText = new Date(now).toUTCString();
    }
    return dateText;
  }

  function errorReply(details: RefusalDetails, resource: string, requestId: string): Reply {
    const traceId = Buffer.from(requestId).toString("base64");
    const { slowDownRetryAfter } = parts.switches();
    const text = errorDocument(details, resource, requestId, traceId);
    return bytesReply(details.status, "application/xml", Buffer.from(text), {
      ...(details.code === "SlowDown" && slowDownRetryAfter !== null
        ? { "Retry-After": String(slowDownRetryAfter) }
        : {}),
      "x-cos-trace-id": traceId,
      ...details.headers,
    });
  }

  /** Which socket is in the middle of which exchange, for what the parser reports by socket. */
  const inFlight = new WeakMap<Socket, { incoming: IncomingMessage; response: ServerResponse }>();

  async function handle(incoming: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    inFlight.set(incoming.socket, { incoming, response });
    response.sendDate = false;
    const requestId = newRequestId();
    const method = incoming.method ?? "GET";
    const isHead = method === "HEAD";
    const switches = parts.switches();
    let address: Address | undefined;
    let operation: Operation = "refused.method";
    let planned: readonly Fault[] = [];
    let now = clock.now();
    let code: string | undefined;
    let reply: Reply;
    const tell = (status: number) =>
      parts.onServed?.({ operation, bucket: address?.bucket, key: address?.key ?? "", status, code, requestId });
    try {
      address = parseAddress(incoming.url ?? "", incoming.headers.host ?? "", switches.plusInQueryMeansSpace);
      operation = route(method, address, incoming.headers["x-cos-copy-source"] !== undefined);
      counts[operation]++;
      planned = faults.for(faultable(incoming, method, address, operation, counts[operation]));
      for (const fault of planned) {
        if (fault.kind === "delay") await clock.sleep(fault.ms, closing);
        if (fault.kind === "hang") await until([closing, closedSignal(response)]);
        if (fault.kind === "clock-skew") now += fault.ms;
        if (fault.kind === "hang" || (fault.kind === "reset" && fault.when === "before")) {
          tell(0);
          incoming.socket.resetAndDestroy();
          return;
        }
      }
      const exchange: Exchange = {
        incoming,
        operation,
        address,
        identity: { kind: "anonymous" },
        switches,
        now,
        store,
        wantsBody: () => {
          if (expectsContinue) response.writeContinue();
        },
        newId,
      };
      const { path, query } = address;
      const authorize = () => parts.authorize({ method, path, query, headers: incoming.headers }, now, switches);
      reply = await carryOut(
        planned,
        () => serve(exchange, authorize, budget),
        errorReply,
        resourceOf(address),
        requestId,
      );
    } catch (thrown) {
      const details = thrown instanceof Refusal ? thrown.details : refusal("InternalError").details;
      if (!(thrown instanceof Refusal)) {
        const { message } = ensureError(thrown);
        parts.log.error("the emulator failed to serve a request", { operation, key: address?.key, requestId, message });
      }
      code = details.code;
      reply = errorReply(details, address ? resourceOf(address) : "", requestId);
    }
    tell(reply.status);
    if (planned.some((fault) => fault.kind === "reset" && fault.when === "after")) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const common = { Server: "tencent-cos", Date: httpDate(now), "x-cos-request-id": requestId };
    const sending: Sending = { response, isHead, clock, closing, common };
    // A client that waits for 100 Continue and gets an error instead may send its body or not: the connection ends.
    if (expectsContinue && !incoming.complete) response.shouldKeepAlive = false;
    await send(sending, reply, planned);
  }

  function onRequest(incoming: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    handle(incoming, response, expectsContinue).catch((thrown: unknown) => {
      const { message } = ensureError(thrown);
      parts.log.error("the emulator failed to answer a request", { url: incoming.url, message });
      incoming.socket.destroy();
    });
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
  server.on("request", (incoming, response) => onRequest(incoming, response, false));
  server.on("checkContinue", (incoming, response) => onRequest(incoming, response, true));

  function answerRaw(socket: Socket, refused: Refusal): void {
    const reply = errorReply(refused.details, "", newRequestId());
    const bytes = reply.body.kind === "bytes" ? reply.body.bytes : Buffer.alloc(0);
    const head = [
      `HTTP/1.1 ${reply.status} ${refused.details.code}`,
      `Date: ${httpDate(clock.now())}`,
      "Server: tencent-cos",
      "Connection: close",
      `Content-Length: ${bytes.length}`,
      ...Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}`),
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

  return { server, counts };
}

function faultable(
  incoming: IncomingMessage,
  method: string,
  address: Address,
  operation: Operation,
  nth: number,
): FaultableRequest {
  return {
    operation,
    method,
    bucket: address.bucket,
    key: address.key,
    query: address.query,
    headers: incoming.headers,
    nth,
  };
}

/** `<host>/<key>` without a scheme, as COS prints it. */
const resourceOf = (address: Address): string => `${address.host}${address.path}`;

function closedSignal(response: ServerResponse): AbortSignal {
  const closed = new AbortController();
  response.on("close", () => closed.abort());
  return closed.signal;
}

/** The operation's reply, or what a fault puts in its place. */
async function carryOut(
  planned: readonly Fault[],
  operate: () => Promise<Reply>,
  errorReply: (details: RefusalDetails, resource: string, requestId: string) => Reply,
  resource: string,
  requestId: string,
): Promise<Reply> {
  for (const fault of planned) {
    if (fault.kind === "error") {
      const known = isKnownCode(fault.code) ? refusal(fault.code).details : undefined;
      throw new Refusal({
        status: fault.status ?? known?.status ?? 500,
        code: fault.code,
        message: fault.message ?? known?.message ?? "A fault of the emulator.",
        ...(fault.headers ? { headers: fault.headers } : {}),
      });
    }
    if (fault.kind === "placeholder") return placeholderReply();
    if (fault.kind === "error-with-200") {
      if (fault.after) await operate();
      const message = isKnownCode(fault.code) ? refusal(fault.code).details.message : "A fault of the emulator.";
      return { ...errorReply({ status: 200, code: fault.code, message }, resource, requestId), status: 200 };
    }
  }
  return operate();
}
