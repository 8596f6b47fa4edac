/** Writes a reply to its socket: small ones in one write, stored bodies with backpressure, spoiled ones as their faults say. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../vocabulary/clock.ts";
import type { Fault } from "../faults/fault-plans.ts";
import { BodyEnds, type Chunks, spoil, spoilHead, spoilsBody } from "../faults/spoil.ts";
import { lengthOf } from "../store/bodies.ts";
import type { Reply, ReplyBody } from "./exchange.ts";

/** Bodies up to this are read and sent in one piece. */
const ONE_PIECE_BYTES = 256 * 1024;

export interface Sending {
  readonly response: ServerResponse;
  readonly isHead: boolean;
  readonly clock: Clock;
  /** Aborts when the emulator closes. */
  readonly closing: AbortSignal;
  /** Headers of every reply: Date, Server, x-cos-request-id. */
  readonly common: Readonly<Record<string, string>>;
}

export async function send(sending: Sending, plain: Reply, faults: readonly Fault[]): Promise<void> {
  const { response, isHead } = sending;
  let reply: Reply = { ...plain, headers: { ...plain.headers, ...sending.common } };
  for (const fault of faults) reply = spoilHead(reply, fault);
  const { status, body } = reply;
  const hasNoBody = isHead || status === 204 || status === 304 || body.kind === "none";
  const spoilers = hasNoBody ? [] : faults.filter(spoilsBody);
  // Read before the head is written: what can fail fails while an error can still be answered.
  const small = hasNoBody || spoilers.length > 0 ? undefined : inOnePiece(body);

  const headers: Record<string, string> = { ...reply.headers };
  const carriesLength = status !== 204 && (status !== 304 || isHead);
  if (reply.contentLength !== undefined && carriesLength) headers["Content-Length"] = String(reply.contentLength);
  response.writeHead(status, headers);
  if (hasNoBody) response.end();
  else if (small) response.end(small);
  else {
    let chunks = chunksOf(body);
    for (const fault of spoilers) chunks = spoil(chunks, fault, plain.contentLength, sending.clock, sending.closing);
    if (spoilers.length > 0) response.flushHeaders();
    await pump(sending, chunks);
  }
}

async function* chunksOf(body: ReplyBody): Chunks {
  if (body.kind === "bytes") yield body.bytes;
  if (body.kind === "stored") yield* body.bodies.stream(body.stored);
}

function inOnePiece(body: ReplyBody): Buffer | undefined {
  if (body.kind === "bytes") return body.bytes;
  if (body.kind !== "stored") return undefined;
  return lengthOf(body.stored) <= ONE_PIECE_BYTES ? body.bodies.read(body.stored) : undefined;
}

async function pump({ response, closing }: Sending, chunks: Chunks): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    for await (const chunk of chunks) {
      if (gone.signal.aborted) return;
      if (!response.write(chunk)) await once(response, "drain", { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof BodyEnds)) throw error;
    if (error.how === "stall") await until([gone.signal, closing]);
    // What was written has to arrive before the connection ends.
    else await new Promise<void>((resolve) => response.write("", () => resolve()));
    if (error.how === "reset") response.socket?.resetAndDestroy();
    else response.socket?.destroy();
  }
}

/** Resolves when one of the signals aborts. */
export function until(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener("abort", () => resolve(), { once: true });
  });
}
