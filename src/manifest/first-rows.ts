/**
 * What a manifest of lines looks like by its first rows: what is not keys is told before anything is fetched for it. A look errs, so
 * only what all of the first rows have in common counts; who has such keys indeed gives them as JSON lines, or as CSV with a header.
 */
import { quote } from "../vocabulary/errors.ts";
import { ManifestError } from "./manifest-error.ts";

/** Bytes that are looked at. */
export const FIRST_BYTES = 4096;
const FIRST_ROWS = 20;

/** How lines name objects: by their keys, by URLs of COS, or by `cos://` addresses. */
export type Naming = "keys" | "urls" | "addresses";

/** One object, as `ls` and the listing commands of aws, s3cmd, rclone, coscmd and coscli print it. */
const listed: readonly RegExp[] = [
  /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?\S*\s+(?:\d+|PRE|DIR)\s+\S/,
  /^[-dlcbps][-rwxsStT]{9}[.+@]?\s+\d+\s/,
  /^\s+\d+ \S/,
  /^\s*\d+ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/,
  /\S\s{2,}.*\s\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*\s*$/,
  /^.*\S\s+\|\s.*\s\|\s/,
];
/** What such a command prints besides: folders, rules, sums. */
const beside = /^(?:total \d+|\s*Total \w+:.*|\s+(?:PRE|DIR)\s+\S.*|[-+=| ]{4,}|\s*\S+\/\s+DIR\s*)$/;

const isListing = (rows: readonly string[]): boolean => {
  const others = rows.filter((row) => !listed.some((shape) => shape.test(row)));
  return others.length < rows.length && others.every((row) => beside.test(row));
};

const each = (shape: RegExp) => (rows: readonly string[]) => rows.every((row) => shape.test(row));

const kinds: readonly {
  readonly are: (rows: readonly string[]) => boolean;
  readonly what: string;
  readonly instead: string;
}[] = [
  {
    are: isListing,
    what: "the output of a listing command",
    instead: "give the keys alone, one a line, or archive what lies below a prefix with --list",
  },
  {
    are: each(/^[^\t]+(?:\t[^\t]*)+$/),
    what: "columns separated by tabs",
    instead: "give the keys alone, one a line, or CSV with commas and a header that names Key",
  },
  {
    are: each(/^\s*(?:\{.*\}|\[.*\]),?\s*$/),
    what: "JSON",
    instead: "say --format jsonl where each line is a row, --format json where all are one array",
  },
];

/** @throws ManifestError `ManifestLooksOtherwise` */
export function namingOf(head: Buffer, name: string): Naming {
  const rows = firstRows(head);
  const refuse = (what: string, instead: string) =>
    new ManifestError(
      "ManifestLooksOtherwise",
      `reading the manifest ${name}: its first row, ${quote(rows[0])}, looks like ${what}, not like a key; ${instead} (keys that do look so are read with --format jsonl)`,
    );
  const [first] = rows;
  if (first === undefined) return "keys";
  if (rows.every((row) => /^cos:\/\//i.test(row))) return "addresses";
  if (rows.every((row) => /^https?:\/\//i.test(row))) {
    if (rows.some((row) => bucketHost.test(hostOf(row)))) return "urls";
    throw refuse(
      "a URL that does not tell the bucket",
      "give the keys, or URLs of the form https://BUCKET-APPID.cos.REGION.myqcloud.com/KEY",
    );
  }
  if (isHeader(first)) throw refuse("the header of a CSV", "say --format csv");
  const kind = kinds.find(({ are }) => are(rows));
  if (kind !== undefined) throw refuse(kind.what, kind.instead);
  return "keys";
}

function firstRows(head: Buffer): string[] {
  const lines = head.subarray(0, FIRST_BYTES).toString("utf8").split("\n");
  // The last one may be cut.
  if (head.length >= FIRST_BYTES) lines.pop();
  return lines
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line !== "")
    .slice(0, FIRST_ROWS);
}

function isHeader(row: string): boolean {
  const fields = row.split(/[,;\t]/).map((field) =>
    field
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .toLowerCase(),
  );
  return fields.length > 1 && fields.includes("key") && fields.every((field) => /^[\w -]*$/.test(field));
}

/** `BUCKET-APPID.cos.REGION.…`, and the hosts of websites, private networks and Cloud Infinite. */
const bucketHost = /^([a-z0-9][a-z0-9-]*-\d{5,12})\.(?:cos|cos-internal|cos-website|pic|ci)\.[a-z0-9.-]+$/i;
const hostOf = (url: string) => /^https?:\/\/(?:[^/?#@]*@)?([^/?#:]*)/i.exec(url)?.[1] ?? "";

export type Named =
  | { readonly kind: "object"; readonly bucket: string; readonly key: string }
  | { readonly kind: "fault"; readonly problem: string };

/** The object that one line of such a manifest names. The query of a URL is not shown: it may be signed. */
export function objectOf(line: string, naming: Exclude<Naming, "keys">): Named {
  if (naming === "addresses") {
    const [, bucket, key] = /^cos:\/\/([^/]+)\/(.*)$/is.exec(line) ?? [];
    if (bucket !== undefined && key !== undefined) return { kind: "object", bucket, key };
    return { kind: "fault", problem: `${quote(line)} is no cos://BUCKET-APPID/KEY, as the first rows are` };
  }
  const [bare = ""] = line.split(/[?#]/, 1);
  if (bare.length < line.length) {
    return { kind: "fault", problem: `${quote(bare)} has a query or a fragment behind it; give the URL without it` };
  }
  const [, path] = /^https?:\/\/[^/]+\/(.*)$/is.exec(line) ?? [];
  const bucket = bucketHost.exec(hostOf(line))?.[1];
  if (path === undefined || bucket === undefined) {
    return {
      kind: "fault",
      problem: `${quote(line)} is no URL of the form https://BUCKET-APPID.cos.REGION.myqcloud.com/KEY`,
    };
  }
  try {
    // In a path `+` is a plus.
    return { kind: "object", bucket, key: decodeURIComponent(path) };
  } catch {
    return { kind: "fault", problem: `${quote(line)} is not URL-encoded UTF-8` };
  }
}
