/** How COS refuses (document 436/7730): a status, a code, a message, as XML with the request's ids. */
import { escapeXml } from "./reply-xml.ts";

export interface RefusalDetails {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Further elements of the body, before Resource. */
  readonly elements?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere while a request is served; answered as an error document. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly details: RefusalDetails;
  constructor(details: RefusalDetails) {
    super(`${details.code}: ${details.message}`);
    this.details = details;
  }
}

const table = {
  AccessDenied: [403, "Access Denied."],
  BadDigest: [400, "The Content-MD5 you specified did not match what we received."],
  BucketAccelerateNotEnabled: [400, "The bucket accelerate not enabled."],
  BucketAlreadyOwnedByYou: [409, "Your previous request to create the named bucket succeeded and you already own it."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty."],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed object size."],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed object size."],
  ExpiredToken: [400, "The provided token has expired or is not valid."],
  FileAlreadyExists: [409, "The object already exists and x-cos-forbid-overwrite was set."],
  IncompleteBody: [400, "The request body ended before the number of bytes that Content-Length names."],
  InternalError: [500, "We encountered an internal error. Please try again."],
  InvalidAccessKeyId: [403, "The access key id you provided does not exist in our records."],
  InvalidArgument: [400, "Invalid argument."],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidCopySource: [400, "The copy source is not valid."],
  InvalidDigest: [400, "The Content-MD5 you specified is not valid."],
  InvalidObjectName: [400, "The object key must not begin with / or \\ nor hold the control characters 24 to 27."],
  InvalidObjectState: [403, "The operation is not valid for the object storage class."],
  InvalidPart: [400, "One or more of the specified parts could not be found, or its ETag did not match."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order."],
  InvalidRange: [416, "The requested range is not satisfiable."],
  InvalidRequest: [400, "The request is not valid."],
  InvalidURI: [400, "The request target could not be parsed."],
  KeyTooLong: [400, "The object key is longer than 850 bytes."],
  MalformedXML: [400, "The XML you provided was not well-formed or did not have the expected form."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header."],
  MissingRequestBodyError: [400, "The request body is empty."],
  NoSuchBucket: [404, "The specified bucket does not exist."],
  NoSuchCopySource: [404, "The specified copy source does not exist."],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [404, "The specified upload does not exist."],
  NoSuchVersion: [404, "The specified version does not exist."],
  NotImplemented: [501, "This emulator does not serve that request."],
  NotSupportedStorageClass: [400, "The storage class is not supported."],
  PreconditionFailed: [412, "Precondition not match."],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  RequestTimeout: [400, "The request did not arrive in time."],
  RestoreAlreadyInProgress: [409, "Object restore is already in progress."],
  RestoreNonArchiveObject: [405, "Restore is not allowed for the object's current storage class."],
  ServiceUnavailable: [503, "The service is temporarily unavailable."],
  SignatureDoesNotMatch: [403, "The Signature you specified is invalid."],
  SlowDown: [503, "Reduce your request rate."],
} as const satisfies Record<string, readonly [number, string]>;

export type KnownCode = keyof typeof table;

export function isKnownCode(code: string): code is KnownCode {
  return Object.hasOwn(table, code);
}

/** A refusal with the status and the words COS uses for `code`, unless others are given. */
export function refusal(
  code: KnownCode,
  more: { readonly message?: string } & Pick<RefusalDetails, "elements" | "headers"> = {},
): Refusal {
  const [status, message] = table[code];
  return new Refusal({ status, code, message, ...more });
}

export function errorDocument(details: RefusalDetails, resource: string, requestId: string, traceId: string): string {
  const element = (name: string, value: string) => `\t<${name}>${escapeXml(value)}</${name}>\n`;
  let text = "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n";
  text += element("Code", details.code) + element("Message", details.message);
  for (const [name, value] of Object.entries(details.elements ?? {})) text += element(name, value);
  text += element("Resource", resource) + element("RequestId", requestId) + element("TraceId", traceId);
  return `${text}</Error>\n`;
}
