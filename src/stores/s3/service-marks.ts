/**
 * Does the service answer, or somebody in its place? S3 names each request that it answers (x-amz-request-id); not each service that speaks
 * its protocol does. So it is learned of a reply that only the service can give, a document of S3: once one had a name, a reply without
 * is a gateway's, a proxy's or a sign-in page's.
 */
import type { Headers } from "../../objects/bucket.ts";

export interface ServiceMarks {
  /** To be told of each reply. @param documented its body is a document of S3 */
  learn(headers: Headers, documented: boolean): void;
  /** Did somebody else answer? */
  isForeign(status: number, headers: Headers, documented: boolean): boolean;
}

/** Statuses from which, without a word of the service, something would be concluded about an object or a bucket. */
const concludedFrom: ReadonlySet<number> = new Set([304, 404, 409, 412]);

export const requestIdOf = (headers: Headers): string | undefined =>
  headers["x-amz-request-id"] ?? headers["x-amz-id-2"];

export function createServiceMarks(): ServiceMarks {
  let namesRequests = false;
  return {
    learn(headers, documented) {
      if (documented && requestIdOf(headers) !== undefined) namesRequests = true;
    },
    isForeign(status, headers, documented) {
      if (documented || !namesRequests || (status >= 300 && !concludedFrom.has(status))) return false;
      return requestIdOf(headers) === undefined;
    },
  };
}
