/**
 * A request as a URL that carries its own signature (document 436/7778, by query): whoever has it may send that request until its time is over, and
 * needs no credentials. What is signed is method, path, query and host; the q-* parameters stand behind the query that is signed. The token of temporary
 * credentials goes with it, unsigned, as the SDKs send it.
 */

import type { Credentials } from "../credentials/credentials.ts";
import type { Pair } from "../http/port/header-names.ts";
import type { Endpoint } from "../objects/dialled.ts";
import { requestTarget } from "./exchange/request-target.ts";
import { authorization, urlEncode } from "./signing/signature.ts";

export interface UrlToSign {
  /** One whose host names the bucket, or its path: a URL says no other Host. */
  readonly endpoint: Endpoint;
  readonly key: string;
  readonly query: readonly Pair[];
  readonly credentials: Credentials;
  /** Unix seconds. */
  readonly from: number;
  readonly until: number;
}

export function signedGetUrl({ endpoint, key, query, credentials, from, until }: UrlToSign): string {
  const { origin, host, pathPrefix } = endpoint;
  const request = { method: "GET", path: `${pathPrefix}/${key}`, query, headers: [["host", host]] as const };
  const fields = authorization(request, credentials, `${from};${until}`)
    .split("&")
    .map((field) => {
      const equals = field.indexOf("=");
      return `${field.slice(0, equals)}=${urlEncode(field.slice(equals + 1))}`;
    });
  const { sessionToken } = credentials;
  if (sessionToken !== undefined) fields.push(`x-cos-security-token=${urlEncode(sessionToken)}`);
  const target = requestTarget(pathPrefix, key, query);
  return `${origin}${target}${target.includes("?") ? "&" : "?"}${fields.join("&")}`;
}
