/**
 * A request whose reply is wanted as it came, a refusal too: for whoever looks into how the service behaves. Bodies are not kept, but
 * counted and hashed while they come.
 */
import { type Digests, digestsOf } from "../checksum/digests.ts";
import type { HttpReply } from "../http/port/http.ts";
import type { Headers } from "../objects/bucket.ts";
import type { Redact } from "../vocabulary/redaction.ts";
import { nameIn, readErrorDocument } from "./exchange/error-from-reply.ts";
import { objectInfo } from "./exchange/object-info.ts";
import type { Query } from "./exchange/request-target.ts";
import type { Send } from "./exchange/send.ts";

/** One request about an object. */
export interface ExactRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  readonly key: string;
  /** Decoded; a value of "" goes out as the bare name. */
  readonly query?: Query;
  /** Names in lower case. */
  readonly headers?: Headers;
  /** As somebody without credentials would send it. */
  readonly unsigned?: boolean;
  /** Gives it up: then it rejects with BucketError `RequestAborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What came. */
export interface ExactReply {
  readonly status: number;
  readonly headers: Headers;
  readonly etag?: string | undefined;
  readonly crc64?: string | undefined;
  /** X-ErrNo. */
  readonly errNo?: number | undefined;
  /** Of an error document. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** What the code means, where the service prints its name elsewhere than as the code. */
  readonly name?: string | undefined;
  /** Of a success: its body. */
  readonly body?: Digests | undefined;
}

/** Requests whose replies are wanted as they came. */
export interface ExactReplies {
  /** Rejects with BucketError only where no reply came, or its body broke off. */
  exactReply(request: ExactRequest): Promise<ExactReply>;
}

export function createExactReplies(send: Send): ExactReplies {
  return {
    async exactReply({ method, key, query, headers, unsigned, signal }) {
      const body = method === "PUT" ? Buffer.alloc(0) : undefined;
      const request = { method, key, query, headers, unsigned, signal, body, bufferUpTo: 0, exact: true } as const;
      const { reply, redact } = await send(request, (came, _, read = unread) => ({ reply: came, redact: read }));
      return toldOf(reply, redact);
    },
  };
}

const unread: Redact = (text) => text;

async function toldOf(reply: HttpReply, redact: Redact): Promise<ExactReply> {
  const { status } = reply;
  const headers = Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name, redact(value)]));
  const { etag, crc64, errNo } = objectInfo(status, headers);
  const about = { status, headers, etag, crc64, errNo };
  const said = reply.kind === "bytes" ? readErrorDocument(reply.bytes, redact) : undefined;
  const { code, message } = said ?? {};
  if (status >= 300 || said !== undefined) return { ...about, code, message, name: said && nameIn(said) };
  return { ...about, body: await digestsOf(reply.kind === "bytes" ? [reply.bytes] : reply.stream) };
}
