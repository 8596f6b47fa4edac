/** One request from its head to its answer: it is parsed, counted, shown to the fault plans, served, and answered. */
import type { IncomingMessage, ServerResponse } from "node:http";
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
import { errorReply } from "./protocol/error-reply.ts";
import type { Exchange, Reply } from "./protocol/exchange.ts";
import type { Identify } from "./protocol/identify.ts";
import { isKnownCode, Refusal, refusal } from "./protocol/refusal.ts";
import { route } from "./protocol/route.ts";
import { type Sending, send, until } from "./protocol/send-reply.ts";
import type { Store } from "./store/store.ts";

export interface ServerParts {
  readonly store: Store;
  readonly authorize: Authorize;
  readonly identify: Identify;
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

export interface RequestHandler {
  /** Requests so far by type. */
  readonly counts: Record<Operation, number>;
  handle(incoming: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void>;
}

export function createRequestHandler(parts: ServerParts): RequestHandler {
  const { store, clock, closing, faults, identify } = parts;
  const counts = Object.fromEntries(operations.map((operation) => [operation, 0])) as Record<Operation, number>;
  const budget = createBudget();

  async function handle(incoming: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    response.sendDate = false;
    const requestId = identify.requestId();
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
        newId: () => identify.newId(clock.now()),
      };
      const { path, query } = address;
      const authorize = () => parts.authorize({ method, path, query, headers: incoming.headers }, now, switches);
      reply = await carryOut(planned, () => serve(exchange, authorize, budget), exchange, requestId);
    } catch (thrown) {
      const details = thrown instanceof Refusal ? thrown.details : refusal("InternalError").details;
      if (!(thrown instanceof Refusal)) {
        const { message } = ensureError(thrown);
        parts.log.error("the emulator failed to serve a request", { operation, key: address?.key, requestId, message });
      }
      code = details.code;
      reply = errorReply(details, address ? resourceOf(address) : "", requestId, switches);
    }
    tell(reply.status);
    if (planned.some((fault) => fault.kind === "reset" && fault.when === "after")) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const common = { ...identify.headers(now), ...requestNamed(requestId, operation, switches) };
    const sending: Sending = { response, isHead, clock, closing, common };
    // A client that waits for 100 Continue and gets an error instead may send its body or not: the connection ends.
    if (expectsContinue && !incoming.complete) response.shouldKeepAlive = false;
    await send(sending, reply, planned);
  }

  return { counts, handle };
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

/** On Cloud Infinite's own host the header has another name (document 460/97481). */
function requestNamed(requestId: string, operation: Operation, { originImageNamesRequest }: Switches) {
  const by = operation === "object.original" ? originImageNamesRequest : operation === "ci.status" ? "ci" : "cos";
  return by === "none" ? {} : { [`x-${by}-request-id`]: requestId };
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
  { address, switches }: Exchange,
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
    if (fault.kind === "placeholder") return placeholderReply(switches);
    if (fault.kind === "error-with-200") {
      if (fault.after) await operate();
      const message = isKnownCode(fault.code) ? refusal(fault.code).details.message : "A fault of the emulator.";
      return errorReply({ status: 200, code: fault.code, message }, resourceOf(address), requestId, switches);
    }
  }
  return operate();
}
