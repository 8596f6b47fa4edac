/** What ends a connection, or a request that has none yet: a code and a reason. How far the exchange had come is exchange.ts's to say. */
import { nounOf } from "../../vocabulary/counted.ts";
import { HttpError } from "../port/error.ts";

export type FaultCode =
  | "ClientClosed"
  | "ConnectionEnded"
  | "ConnectTimeout"
  | "BodyTimeout"
  | "HeadersTimeout"
  | "InvalidRequest"
  | "LengthMismatch"
  | "MalformedHttp"
  | "ProxyFailed"
  | "ProxyRefused"
  | "TlsRefused"
  | "UntrustedCertificate";

export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The connection is gone, and nobody said why. */
export const connectionEnded = () => new Fault("ConnectionEnded", "the other side closed the connection");
/** The peer does not speak HTTP/1.1, or not well enough to be sure where its replies end. */
export const malformedHttp = (message: string) => new Fault("MalformedHttp", message);
/** More came than was asked for, so what came before need not be what was asked for either. */
export class SurplusBytes extends Fault {
  constructor() {
    super("MalformedHttp", "there are bytes after the end of the reply");
  }
}
/** What is told of it, once an origin. */
export const surplusText =
  "more came over a connection than was asked for, as from a proxy that replies twice; connections are used once from now on, and what rests on that one is fetched anew";
export const noProgress = (code: "HeadersTimeout" | "BodyTimeout", ms: number) =>
  new Fault(code, `nothing came for ${ms} ms`);
export const tooSlow = () => new Fault("BodyTimeout", "too little of it came for too long");
export const lengthMismatch = () => new Fault("LengthMismatch", "the body was not as long as was announced");
export const clientClosed = () => new Fault("ClientClosed", "the client was closed");

/** How far an exchange had come. */
export interface Progress {
  /** Had the reply's head arrived? */
  readonly replied: boolean;
  /** Bytes of its body that did. */
  readonly received: number;
  /** Its Content-Length. */
  readonly expected: number | undefined;
}

/** Of a reply that is shorter than its head or its chunks say. */
const endings = new Set(["ConnectionEnded", "MalformedHttp"]);

export function httpError(cause: Error, progress: Progress): HttpError {
  const code = codeOf(cause);
  if (progress.replied && endings.has(code)) return incompleteBody("", progress, cause);
  const happened = progress.replied ? `the reply broke off after ${bytes(progress)}` : "no reply arrived";
  const why = cause.message === "" || cause.message === code ? undefined : cause.message;
  return new HttpError({ code, happened, why }, { cause });
}

/** @param before what is to be said before it */
export function incompleteBody(before: string, progress: Progress, cause?: Error): HttpError {
  const happened = `${before}the body ended after ${bytes(progress)}`;
  return new HttpError({ code: "IncompleteBody", happened }, cause === undefined ? undefined : { cause });
}

function bytes({ expected, received }: Progress): string {
  const of = expected === undefined ? "" : ` of ${expected}`;
  return `${received}${of} ${nounOf(expected ?? received, "byte")}`;
}

function codeOf(error: Error): string {
  const code: unknown = "code" in error ? error.code : undefined;
  return typeof code === "string" && code !== "" ? code : error.name;
}
