/** The port, as tests speak to it: one promise a request. */
import { onTestFinished } from "vitest";
import { HttpError } from "../../../src/http/port/error.ts";
import type { BodyStream, CreateHttp, HttpOptions, HttpReply, HttpRequest } from "../../../src/http/port/http.ts";

export interface Client {
  send(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

/** Closed when the test is over. */
export type OpenClient = (options?: HttpOptions) => Client;

export function clientsOf(createHttp: CreateHttp): OpenClient {
  return (options = {}) => {
    const http = createHttp(options);
    onTestFinished(() => http.close());
    return {
      send: (request) => new Promise((onReply, onError) => http.send(request, { onReply, onError })),
      close: () => http.close(),
    };
  };
}

/** A GET of `/key` where nothing else is said. */
export function request({ origin }: { readonly origin: string }, over: Partial<HttpRequest> = {}): HttpRequest {
  const headers: [string, string][] = [["host", "photos-1250000000.cos.ap-guangzhou.myqcloud.com"]];
  const { contentLength, body } = over;
  const length = contentLength ?? (Buffer.isBuffer(body) ? body.length : undefined);
  if (length !== undefined) headers.push(["content-length", String(length)]);
  return { origin, method: "GET", target: "/key", headers, bufferUpTo: 1024, ...over };
}

export function bytesOf(reply: HttpReply): Buffer {
  if (reply.kind === "bytes") return reply.bytes;
  throw new Error("the reply is a stream");
}

export function streamOf(reply: HttpReply): BodyStream {
  if (reply.kind === "stream") return reply.stream;
  throw new Error("the reply is not a stream");
}

/** The HttpError that the promise rejects with; anything else fails the test. */
export async function httpErrorOf(promise: Promise<unknown>): Promise<HttpError> {
  const thrown = await promise.then(
    (value) => new Error(`resolved with ${String(value)}`),
    (error: unknown) => error,
  );
  if (thrown instanceof HttpError) return thrown;
  throw thrown;
}

export function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Resolves once `value` has not changed for many laps of the event loop, which both ends share. */
export async function standstill(value: () => number): Promise<void> {
  for (let laps = 0, last = value(); laps < 500; laps++) {
    await new Promise((resume) => setImmediate(resume));
    if (value() !== last) {
      last = value();
      laps = 0;
    }
  }
}
