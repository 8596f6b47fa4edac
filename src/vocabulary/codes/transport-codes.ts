/** What an error is called where no whole reply arrived, or none that can be read. Node's own names (ECONNREFUSED …) count as retried. */
import { entries } from "./entry.ts";

export const transportCodes = entries({
  BodyTimeout: { means: "the body of a reply stood still", effect: "retried", strain: true },
  ClientClosed: { means: "the client was closed before the request was over", effect: "retried" },
  ConnectionEnded: { means: "the other side closed the connection before it replied", effect: "retried" },
  ConnectTimeout: { means: "no connection came about in time", effect: "retried", strain: true },
  HeadersTimeout: { means: "no reply began in time", effect: "retried", strain: true },
  LengthMismatch: { means: "what was to be sent is not as long as was said", effect: "row-over" },
  MalformedHttp: { means: "the other side does not speak HTTP/1.1", effect: "retried" },
  MalformedReply: { means: "what arrived is no HTTP reply, or no answer of the service", effect: "retried" },
  ProxyFailed: {
    means: "the proxy can't be reached, or can't reach the service",
    effect: "retried",
    advice: "check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY",
  },
  ProxyRefused: {
    means: "the proxy wants other credentials, or will not connect to the service",
    effect: "run-halted",
    advice: "check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY",
  },
  ReplyTooLarge: { means: "the reply is larger than such a reply may be", effect: "row-over" },
  RequestAborted: { means: "the request was given up here", effect: "retried" },
});
