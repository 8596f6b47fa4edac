/** Conditional requests in the order of RFC 9110, 13.2.2. Dates are compared by whole seconds, as they are sent. */
export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

export type Verdict = "go-on" | "not-modified" | "failed";

function names(list: string, etag: string): boolean {
  return list.split(",").some((one) => {
    const tag = one.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag || tag === `"${etag}"`;
  });
}

/** Milliseconds since the epoch, rounded down to the second; undefined where `text` is no date. */
function seconds(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

/** `etag` without quotes, `modified` in milliseconds since the epoch. */
export function judge(conditions: Conditions, etag: string, modified: number): Verdict {
  const changed = Math.floor(modified / 1000);
  if (conditions.ifMatch !== undefined) {
    if (!names(conditions.ifMatch, etag)) return "failed";
  } else {
    const limit = seconds(conditions.ifUnmodifiedSince);
    if (limit !== undefined && changed > limit) return "failed";
  }
  if (conditions.ifNoneMatch !== undefined) {
    if (names(conditions.ifNoneMatch, etag)) return "not-modified";
  } else {
    const limit = seconds(conditions.ifModifiedSince);
    if (limit !== undefined && changed <= limit) return "not-modified";
  }
  return "go-on";
}

/** `prefix` is "" for GET and HEAD, `x-cos-copy-source-` for a copy. */
export function readConditions(header: (name: string) => string | undefined, prefix = ""): Conditions {
  return {
    ifMatch: header(`${prefix}if-match`),
    ifNoneMatch: header(`${prefix}if-none-match`),
    ifModifiedSince: header(`${prefix}if-modified-since`),
    ifUnmodifiedSince: header(`${prefix}if-unmodified-since`),
  };
}
