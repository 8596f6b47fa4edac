/**
 * The service's own names for what went wrong (document 436/7730, and the pages of each operation), and S3's (Amazon S3 API Reference, "Error responses"). What is not here is judged by
 * its status: 5xx is tried again, the rest ends the row.
 */
import { entries } from "./entry.ts";

export const serviceCodes = entries({
  AccessDenied: {
    means: "the credentials may not do this",
    effect: "refused",
    advice: "check the credentials' permissions for this bucket and key",
    told: true,
  },
  AccessForbidden: {
    means: "the bucket's own rules forbid this",
    effect: "refused",
    advice: "check the bucket's policy and its ACL",
  },
  AuthorizationHeaderMalformed: {
    means: "the signature is made for another region than the bucket's",
    effect: "refused",
    advice: "set the region that the error names, --archive-region",
    ofPlace: true,
  },
  BadDigest: { means: "the bytes that arrived have another MD5 than was said", effect: "row-over" },
  BadRequest: { means: "the service refuses the request without saying why", effect: "row-over" },
  BucketAccelerateNotEnabled: {
    means: "the address is one of global acceleration, which the bucket has not enabled",
    effect: "row-over",
    advice: "enable it for the bucket, or use its ordinary address",
  },
  BucketAlreadyOwnedByYou: { means: "the bucket exists", effect: "row-over" },
  BucketNotEmpty: { means: "the bucket holds objects", effect: "row-over" },
  ChecksumRequired: {
    means:
      "the bucket's Object Lock wants the MD5 of each object beforehand, which is not known of a large original that was uploaded in parts",
    effect: "row-over",
    advice: "archive such originals to a bucket whose Object Lock retains nothing by default",
    told: true,
  },
  ConditionalRequestConflict: { means: "another request writes the same key at this moment", effect: "retried" },
  EntityTooLarge: { means: "the object is larger than a request or an upload may be", effect: "row-over", ofRow: true },
  EntityTooSmall: { means: "a part of the upload is smaller than parts may be", effect: "row-over" },
  ExpiredToken: {
    means: "the temporary credentials have ended",
    effect: "run-halted",
    advice: "the temporary credentials have ended: renew them",
    told: true,
  },
  FileAlreadyExists: { means: "the key is taken, and overwriting was forbidden", effect: "row-over", ofRow: true },
  IncompleteBody: { means: "the body ended before its length", effect: "retried" },
  InternalError: { means: "the service failed", effect: "retried" },
  InvalidAccessKeyId: {
    means: "the secret id is unknown or disabled",
    effect: "run-halted",
    advice: "check the secret id: it is unknown or disabled",
    told: true,
  },
  InvalidArgument: { means: "a parameter or header is not one the service takes", effect: "row-over" },
  InvalidBucketName: { means: "no bucket can have this name", effect: "row-over" },
  InvalidCopySource: { means: "the source of a copy can't be read as one", effect: "row-over" },
  InvalidDigest: { means: "Content-MD5 is no MD5", effect: "row-over" },
  InvalidObjectName: { means: "no object can have this key", effect: "row-over", ofRow: true },
  InvalidObjectState: {
    means: "the object is in an archive class and not restored",
    effect: "row-over",
    ofRow: true,
    advice:
      "the object is archived: have it restored with --archived-class restore (DEEP_ARCHIVE not by --restore-tier Expedited), restore it first, or leave such objects out with --archived-class skip",
    told: true,
  },
  InvalidPart: { means: "a part of the upload is not there, or has another ETag", effect: "row-over" },
  InvalidPartOrder: { means: "the parts of the upload were not named in order", effect: "row-over" },
  InvalidRange: { means: "the object has no bytes in this range", effect: "row-over" },
  InvalidRegionName: {
    means: "the service has no region of this name",
    effect: "refused",
    advice: "set one of those that the error names, --archive-region",
    told: true,
    ofPlace: true,
  },
  InvalidRequest: { means: "the request is not one the service takes", effect: "row-over" },
  InvalidToken: {
    means: "the session token does not belong to the credentials",
    effect: "run-halted",
    advice: "check the session token: it does not belong to these credentials",
    told: true,
  },
  InvalidURI: { means: "the service can't read the address of the request", effect: "row-over" },
  KeyTooLong: { means: "the key has more bytes than keys may have", effect: "row-over", ofRow: true },
  KmsFreqControl: { means: "the key service is asked too often", effect: "slowed" },
  KmsInternalException: { means: "the key service failed", effect: "retried" },
  MalformedXML: { means: "the service can't read the body of the request", effect: "row-over" },
  MetadataTooLarge: {
    means: "the object's metadata has more bytes than the service takes, which are 2 KB in S3",
    effect: "row-over",
    ofRow: true,
    advice: "shorten the original's metadata: what is beyond ASCII takes a third more bytes in S3",
    told: true,
  },
  MethodNotAllowed: {
    means: "the method is not allowed here: a delete marker, perhaps",
    effect: "row-over",
    ofRow: true,
  },
  MissingContentLength: { means: "the request did not say its length", effect: "row-over" },
  MissingRequestBodyError: { means: "the request has no body", effect: "row-over" },
  NoProcessAuthority: {
    means: "the credentials may not have images processed",
    effect: "refused",
    advice: "let the credentials use Cloud Infinite for this bucket (ci-process)",
  },
  NoSuchBucket: {
    means: "there is no such bucket",
    effect: "run-halted",
    advice: "check the bucket's name and region",
    told: true,
  },
  NoSuchCopySource: { means: "what was to be copied is not there", effect: "row-over" },
  NoSuchKey: {
    means: "there is no such object",
    effect: "row-over",
    ofRow: true,
    advice: "make the manifest anew, or leave the key out",
  },
  NoSuchUpload: { means: "the multipart upload is not there any more", effect: "row-over" },
  NoSuchVersion: { means: "there is no such version of the object", effect: "row-over", ofRow: true },
  NotImplemented: { means: "the service does not know this request", effect: "row-over" },
  NotModified: { means: "the object is as it was", effect: "row-over" },
  NotSupportedStorageClass: {
    means: "the bucket does not take objects of this storage class",
    effect: "row-over",
    advice: "choose another --storage-class",
  },
  OperationAborted: { means: "another operation on the same bucket is under way", effect: "retried" },
  PaymentRequired: { means: "the account is overdue", effect: "run-halted", advice: "pay the account's bill" },
  PermanentRedirect: {
    means: "the bucket is elsewhere, most likely in another region",
    effect: "refused",
    advice: "set the region that the error names",
    ofPlace: true,
  },
  PreconditionFailed: { means: "the object is not as the request requires", effect: "row-over" },
  RequestExpired: { means: "the signature's time is over", effect: "retried" },
  RequestTimeTooSkewed: { means: "this machine's clock and the service's are too far apart", effect: "retried" },
  RequestTimeout: { means: "the request did not arrive in time", effect: "retried", strain: true },
  RestoreAlreadyInProgress: { means: "the object is being restored already", effect: "noted" },
  RestoreNonArchiveObject: { means: "the object is in no archive class, and needs no restoring", effect: "noted" },
  ServiceUnavailable: { means: "the service is not available", effect: "retried" },
  SignatureDoesNotMatch: {
    means: "the signature is not the one that the service works out",
    effect: "refused",
    advice:
      "check that the secret key belongs to the secret id, that the session token is of the same set, and that no proxy " +
      "changes the host, the path or the headers",
    told: true,
  },
  TemporaryRedirect: {
    means: "the bucket is elsewhere for now, as one that was just made",
    effect: "refused",
    advice: "set the region that the error names, or begin again in some minutes",
    ofPlace: true,
  },
  SecondLevelDomainForbidden: {
    means: "the service wants the bucket's name in the host",
    effect: "refused",
    advice: "put it there: --archive-endpoint https://{bucket}.HOST",
    told: true,
    ofPlace: true,
  },
  SlowDown: { means: "requests come too fast", effect: "slowed" },
  UserNetworkTooSlow: { means: "the request came too slowly", effect: "retried", strain: true },
});

export interface ErrNo {
  readonly means: string;
  readonly effect: "row-over" | "refused" | "retried" | "slowed" | "run-halted";
  readonly strain?: true;
  readonly ofRow?: true;
}

/** The numbers of X-ErrNo, with which Cloud Infinite outranks the status, that decide by themselves (document 460/8523). */
export const errNos: Readonly<Record<number, ErrNo>> = {
  [-29214]: { means: "too many requests", effect: "slowed" },
  [-164]: { means: "the picture is in too great demand", effect: "slowed" },
  [-165]: { means: "the downloads look like an attack", effect: "slowed" },
  [-901]: { means: "image processing timed out", effect: "retried", strain: true },
  [-902]: { means: "reading the origin timed out", effect: "retried", strain: true },
  [-120]: { means: "the origin sent bad data", effect: "retried" },
  [-154]: { means: "Original Image Protection forbids this URL", effect: "refused" },
  [-162]: { means: "the account is overdue", effect: "run-halted" },
  [-167]: { means: "too large for image download", effect: "row-over", ofRow: true },
  [-168]: { means: "too large for image download", effect: "row-over", ofRow: true },
};
