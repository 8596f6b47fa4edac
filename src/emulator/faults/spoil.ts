/** How a fault spoils an answer: pure transformations of its body, a stream of chunks, and of the head that announces it. */
import type { Clock } from "../../vocabulary/clock.ts";
import type { Fault } from "./fault-plans.ts";

export type Chunks = AsyncIterable<Buffer>;

/** What a reply says before its body. */
interface Head {
  readonly headers: Readonly<Record<string, string>>;
  readonly contentLength: number | undefined;
}

/** Thrown out of a body to say how the connection shall end. */
export class BodyEnds extends Error {
  readonly how: "reset" | "close" | "stall";
  constructor(how: BodyEnds["how"]) {
    super(how);
    this.how = how;
  }
}

async function* endsAfter(chunks: Chunks, bytes: number, how: BodyEnds["how"] | "end"): Chunks {
  let left = bytes;
  for await (const chunk of chunks) {
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left);
      left = 0;
      break;
    }
    left -= chunk.length;
    yield chunk;
  }
  if (how !== "end") throw new BodyEnds(how);
}

async function* flipped(chunks: Chunks, offset: number): Chunks {
  let at = 0;
  for await (const chunk of chunks) {
    if (offset >= at && offset < at + chunk.length) {
      const copy = Buffer.from(chunk);
      copy[offset - at]! ^= 1;
      yield copy;
    } else yield chunk;
    at += chunk.length;
  }
}

async function* slowed(chunks: Chunks, bytes: number, ms: number, clock: Clock, closing: AbortSignal): Chunks {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += bytes) {
      await clock.sleep(ms, closing);
      yield chunk.subarray(at, at + bytes);
    }
  }
}

export function spoilsBody(fault: Fault): boolean {
  return ["reset-body", "truncate", "flip", "slow", "stall"].includes(fault.kind);
}

/** `length` of the body where it is known, for faults that count from its end. */
export function spoil(
  chunks: Chunks,
  fault: Fault,
  length: number | undefined,
  clock: Clock,
  closing: AbortSignal,
): Chunks {
  switch (fault.kind) {
    case "reset-body":
      return endsAfter(chunks, fault.afterBytes, "reset");
    case "truncate":
      return endsAfter(chunks, fault.bytes, fault.contentLength === "announced" ? "close" : "end");
    case "stall":
      return endsAfter(chunks, fault.afterBytes, "stall");
    case "flip":
      return flipped(chunks, fault.offset < 0 ? (length ?? 0) + fault.offset : fault.offset);
    case "slow":
      return slowed(chunks, fault.bytes, fault.ms, clock, closing);
    default:
      return chunks;
  }
}

/** The reply with its head as the fault wants it. */
export function spoilHead<Reply extends Head>(reply: Reply, fault: Fault): Reply {
  if (fault.kind === "truncate" && fault.contentLength === "adjusted" && reply.contentLength !== undefined) {
    return { ...reply, contentLength: Math.min(reply.contentLength, fault.bytes) };
  }
  if (fault.kind !== "headers") return reply;
  const headers: Record<string, string> = {};
  const changed = new Map(Object.entries(fault.set).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  for (const [name, value] of Object.entries(reply.headers))
    if (!changed.has(name.toLowerCase())) headers[name] = value;
  let { contentLength } = reply;
  for (const [lower, { name, value }] of changed) {
    if (lower === "content-length") contentLength = value === null ? undefined : Number(value);
    else if (value !== null) headers[name] = value;
  }
  return { ...reply, headers, contentLength };
}
