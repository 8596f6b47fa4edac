/** What undici's connector, client and agents name otherwise than this port does. */
import { Fault, type FaultCode } from "./fault.ts";
import { tlsFault } from "./tls-faults.ts";

const codes: Readonly<Record<string, FaultCode>> = {
  UND_ERR_CLOSED: "ClientClosed",
  UND_ERR_DESTROYED: "ClientClosed",
  UND_ERR_CONNECT_TIMEOUT: "ConnectTimeout",
  UND_ERR_SOCKET: "ConnectionEnded",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "ConnectionEnded",
  UND_ERR_BODY_TIMEOUT: "BodyTimeout",
  UND_ERR_HEADERS_TIMEOUT: "HeadersTimeout",
  UND_ERR_HEADERS_OVERFLOW: "MalformedHttp",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "LengthMismatch",
  UND_ERR_INVALID_ARG: "InvalidRequest",
  UND_ERR_NOT_SUPPORTED: "InvalidRequest",
};

/** The same, or the Fault that it is. */
export function fromUndici(error: Error): Error {
  if (error instanceof Fault) return error;
  const ofTls = tlsFault(error);
  if (ofTls !== undefined) return ofTls;
  const cause = { cause: error };
  // What a proxy answered is told in words alone: to CONNECT, and where the absolute form wants other credentials.
  const answered = /^Proxy response \((\d+)\)|^Proxy .*\((407)\)$/.exec(error.message);
  if (answered !== null) {
    const status = answered[1] ?? answered[2] ?? "";
    return new Fault(status.startsWith("4") ? "ProxyRefused" : "ProxyFailed", `the proxy answered ${status}`, cause);
  }
  const { code } = error as NodeJS.ErrnoException;
  // Its code is a matter of the parser's version.
  const named = error.name === "HTTPParserError" ? "MalformedHttp" : codes[code ?? ""];
  return named === undefined ? error : new Fault(named, error.message, cause);
}
