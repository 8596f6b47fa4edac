/**
 * A request that ended without a whole reply. `code` is stable:
 *
 *   ECONNRESET, ENOTFOUND, …                     the system's own name for it
 *   UntrustedCertificate                         the other side's certificate does not hold
 *   TlsRefused                                   both sides have no TLS in common, or there is none
 *   ConnectionEnded                              closed before the reply's head, and nobody said why
 *   IncompleteBody                               the reply's body ended before it was whole
 *   ConnectTimeout                               no connection stood in time
 *   HeadersTimeout                               the reply's head was not whole in time, interim replies counted
 *   BodyTimeout                                  nothing of the reply's body came for as long as it may, or too little
 *   MalformedHttp                                the other side does not speak HTTP/1.1
 *   ReplyTooLarge                                more than this program is prepared to hold of what should be small
 *   LengthMismatch                               the request's body has another length than was announced
 *   InvalidRequest                               the request can't be written as HTTP
 *   ProxyRefused                                 the proxy wants other credentials, or will not connect to the origin
 *   ProxyFailed                                  the proxy can't be reached, or can't reach the origin
 *   RequestAborted                               the caller gave up; `cause` is the signal's reason
 *   ClientClosed                                 the client was closed
 */
export interface HttpErrorDetails {
  readonly code: string;
  /** What happened, as a sentence that may follow the request's name: `the reply broke off after 10 of 20 bytes`. */
  readonly happened: string;
  /** In a few words, where `code` does not say it: `socket hang up`. */
  readonly why?: string | undefined;
  /** Of a reply that was not taken; 0 where none arrived whole. */
  readonly status?: number | undefined;
}

export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: string;
  readonly happened: string;
  readonly why: string | undefined;
  readonly status: number;

  constructor({ code, happened, why, status = 0 }: HttpErrorDetails, options?: ErrorOptions) {
    super(`${happened} (${code}${why === undefined ? "" : `: ${why}`})`, options);
    this.code = code;
    this.happened = happened;
    this.why = why;
    this.status = status;
  }

  /** May the same request succeed later? */
  get retryable(): boolean {
    return !lasting.has(this.code);
  }
}

/** Ours, or the configuration's fault: the same request fails the same way. */
const lasting = new Set([
  "ClientClosed",
  "InvalidRequest",
  "LengthMismatch",
  "ProxyRefused",
  "ReplyTooLarge",
  "RequestAborted",
  "TlsRefused",
  "UntrustedCertificate",
]);
