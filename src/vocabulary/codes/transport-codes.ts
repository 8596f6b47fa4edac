/** What an error is called where no whole reply arrived, or none that can be read. Node's own names (ECONNREFUSED …) count as retried. */
import { entries } from "./entry.ts";

export const transportCodes = entries({
  BareReply: {
    means: "a reply says success and nothing of the object: neither ETag nor CRC64",
    effect: "retried",
    advice: "check the endpoint, and that no gateway or proxy changes its replies",
    told: true,
  },
  BodyTimeout: { means: "the body of a reply stood still, or trickled", effect: "retried", strain: true },
  ClientClosed: { means: "the client was closed before the request was over", effect: "retried" },
  ConnectionEnded: { means: "the other side closed the connection before it replied", effect: "retried" },
  EADDRNOTAVAIL: {
    means: "the machine has no port left to connect from",
    effect: "slowed",
    advice: "lower --concurrency",
    scarce: true,
  },
  EMFILE: {
    means: "the process may open no more files or connections",
    effect: "slowed",
    advice: "raise ulimit -n, or lower --concurrency",
    scarce: true,
  },
  ENFILE: {
    means: "the machine may open no more files or connections",
    effect: "slowed",
    advice: "lower --concurrency",
    scarce: true,
  },
  ConnectTimeout: { means: "no connection came about in time", effect: "retried", strain: true },
  HeadersTimeout: { means: "no reply's head came whole in time", effect: "retried", strain: true },
  LengthMismatch: { means: "what was to be sent is not as long as was said", effect: "row-over" },
  MalformedHttp: { means: "the other side does not speak HTTP/1.1", effect: "retried" },
  MalformedReply: { means: "what arrived is no HTTP reply, or no answer of the service", effect: "retried" },
  NotTheService: {
    means: "a reply names no request of the service, so a gateway, a proxy or a sign-in page gave it",
    effect: "retried",
    advice: "somebody answers in the service's place: check the endpoint, and what gateway or proxy lies between",
    told: true,
  },
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
  StoredOtherBytes: {
    means: "the archive says that it stored other bytes than were sent, by its ETag",
    effect: "retried",
    advice:
      "they are sent again; if it goes on, something changes them on the way, or the store's ETag is no MD5, though nothing says that it encrypts",
  },
  TlsRefused: {
    means: "no TLS connection can be made: an old protocol, or what listens there speaks no TLS",
    effect: "run-halted",
    advice: "check the endpoint and its port; TLS 1.2 or later is spoken",
    told: true,
  },
  UnorderedListing: {
    means: "the store lists its keys in another order than that of UTF-8, or not from a key on (start-after)",
    effect: "not-begun",
    advice: "let ledger and archive lie in a store that lists in order; --ledger says where a run is recorded",
    told: true,
    ofPlace: true,
  },
  UntrustedCertificate: {
    means: "the certificate of the other side has expired, is another host's, or nobody known vouches for it",
    effect: "run-halted",
    advice:
      "check the endpoint and this machine's clock, and let NODE_EXTRA_CA_CERTS name the authority of a proxy that reads along",
    told: true,
  },
  RequestAborted: { means: "the request was given up here", effect: "retried" },
});
