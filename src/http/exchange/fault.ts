/** Requests that ended without a whole reply, as CosError: status 0, and the transport's own name for it as code. */
import { CosError } from "../../objects/error.ts";

export interface Progress {
  /** Had the reply's head arrived? */
  readonly replied: boolean;
  /** Bytes of its body that did. */
  readonly received: number;
  /** Its Content-Length. */
  readonly expected: number | undefined;
}

/** Ours, or the configuration's fault: the same request fails the same way. */
const lasting = new Set([
  "CERT_HAS_EXPIRED",
  "ClientClosed",
  "InvalidRequest",
  "LengthMismatch",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Of a reply that is shorter than its head or its chunks say. */
const endings = new Set(["ConnectionEnded", "MalformedHttp"]);

/** The connection is gone, and nobody said why. */
export class ConnectionEnded extends Error {
  override readonly name = "ConnectionEnded";
  constructor() {
    super("the other side closed the connection");
  }
}

/** Nothing moved for as long as it may: `HeadersTimeout` before the reply's head, `BodyTimeout` after it. */
export class NoProgress extends Error {
  override readonly name = "NoProgress";
  readonly code: "HeadersTimeout" | "BodyTimeout";
  constructor(code: "HeadersTimeout" | "BodyTimeout", ms: number) {
    super(`nothing came for ${ms} ms`);
    this.code = code;
  }
}

/** A request's body has another length than was announced. */
export class LengthMismatch extends Error {
  override readonly name = "LengthMismatch";
}

/** The client was closed. */
export class ClientClosed extends Error {
  override readonly name = "ClientClosed";
  constructor() {
    super("the client was closed");
  }
}

/** The request can't be written as HTTP. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
}

const advice: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such host: check the region and the endpoint",
  ECONNREFUSED: "nothing listens there: check the endpoint",
  LengthMismatch: "the body was not as long as was announced",
};

/** `what` is the subject of the message: `GET "a.jpg" of photos-1250000000`. */
export function transportError(what: string, cause: Error, progress: Progress): CosError {
  const named = codeOf(cause);
  const brokeOff = progress.replied && endings.has(named);
  if (brokeOff) return incompleteBody(what, progress, cause);
  const when = progress.replied ? `the reply broke off after ${bytes(progress)}` : "no reply arrived";
  const hint = advice[named] ?? cause.message;
  return new CosError(
    `${what}: ${when} (${named}${hint === "" || hint === named ? "" : `: ${hint}`})`,
    { code: named, status: 0, retryable: !lasting.has(named), throttled: false },
    { cause },
  );
}

/** The reply's body was shorter than it said. */
export function incompleteBody(what: string, progress: Progress, cause?: Error): CosError {
  return new CosError(
    `${what}: the body ended after ${bytes(progress)}; it has to be asked for again`,
    { code: "IncompleteBody", status: 0, retryable: true, throttled: false },
    cause === undefined ? undefined : { cause },
  );
}

/** More than this program is prepared to hold of what should be small. */
export function replyTooLarge(what: string, status: number, limit: number): CosError {
  return new CosError(`${what}: the reply has over ${limit} bytes, which no such reply of the service has`, {
    code: "ReplyTooLarge",
    status,
    retryable: false,
    throttled: false,
  });
}

/** The reply says success, but is not what the service's documents say it is. */
export function malformedReply(what: string, status: number, why: string): CosError {
  return new CosError(`${what}: ${why}; check that the endpoint is COS and that no proxy answers in its place`, {
    code: "MalformedReply",
    status,
    retryable: true,
    throttled: false,
  });
}

export function requestAborted(what: string, reason: unknown): CosError {
  return new CosError(
    `${what}: given up because the caller asked to`,
    { code: "RequestAborted", status: 0, retryable: false, throttled: false },
    { cause: reason },
  );
}

function bytes(progress: Progress): string {
  const of = progress.expected === undefined ? "" : ` of ${progress.expected}`;
  return `${progress.received}${of} bytes`;
}

function codeOf(error: Error): string {
  const code: unknown = "code" in error ? error.code : undefined;
  return typeof code === "string" && code !== "" ? code : error.name;
}
