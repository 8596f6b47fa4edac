/** The target of a request to a bucket. */
import type { Pair } from "../../http/port/header-names.ts";
import { encodeKey, urlEncode } from "../signing/signature.ts";

export type Query = readonly Pair[];

/** `/KEY?name=value&name`: the key's slashes and dots stay what they are, nothing is normalised. */
export function requestTarget(pathPrefix: string, key: string | undefined, query: Query): string {
  let target = key === undefined ? `${pathPrefix}/` : `${pathPrefix}/${encodeKey(key)}`;
  let separator = "?";
  for (const [name, value] of query) {
    target += separator + urlEncode(name);
    if (value !== "") target += `=${urlEncode(value)}`;
    separator = "&";
  }
  return target;
}
