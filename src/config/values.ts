/**
 * How the text of a setting becomes a value. Each schema takes the text as the user wrote it; its message completes the
 * sentence `--concurrency "abc" …`, so it begins with a verb.
 */
import * as z from "zod";
import { parseAllowed } from "../policy/allow-list.ts";
import { templateFault } from "../policy/archive-key.ts";
import { readOrigin } from "../policy/credentials/origin.ts";
import { parseAllowedTarget, readTarget } from "../policy/event-target.ts";
import { filterFault, splitGlobs } from "../policy/scope/filter.ts";
import { parseAge, parseBytes, parseSince } from "../policy/scope/quantities.ts";
import { otherStores, readAddress } from "../vocabulary/address.ts";
import { maxFailuresPattern } from "../vocabulary/choices.ts";
import { quote } from "../vocabulary/errors.ts";
import { maxKeyBytes, mostAtOnce, requestsPerSecond } from "../vocabulary/limits.ts";
import { asFolder, datedRunId, isBucketName, isHistory, isRegion, runIdPattern } from "../vocabulary/names.ts";

/** A whole number from `min` to `max`. */
export function count(min: number, max: number) {
  const error = `is not a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .refine((n) => n >= min && n <= max, error);
}

/** `auto`, or a whole number. */
export const concurrency = z.string().transform((value, context): number | "auto" => {
  if (value === "auto") return value;
  const read = count(1, mostAtOnce).safeParse(value);
  if (read.success) return read.data;
  context.addIssue({ code: "custom", message: `is not a whole number from 1 to ${mostAtOnce}, nor auto` });
  return z.NEVER;
});

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `is none of ${words.join(", ")}` });
}

export const text = z.string().min(1, "is empty");

export const region = z.string().refine(isRegion, "is not a region");

/** Of any store, kept as it is; vocabulary/address.ts takes it apart. */
export const place = z.string().superRefine((value, context) => {
  const read = readAddress(value, ["cos", ...otherStores]);
  if ("fault" in read) context.addIssue({ code: "custom", message: `is no place: ${read.fault}` });
});

/** cos://BUCKET-APPID[/PREFIX], kept as it is; originals are read from COS alone. */
export const address = z
  .string()
  .regex(/^cos:\/\//, "is not an address of the form cos://BUCKET-APPID[/PREFIX]")
  .refine(
    (value) => isBucketName(value.replace(/^cos:\/\//, "").replace(/\/.*$/s, "")),
    "does not name a bucket as cos://BUCKET-APPID[/PREFIX], with the APPID at its end",
  )
  .refine((value) => !/^cos:\/\/[^/]*\/[/\\]/.test(value), "has a prefix that begins with a slash, and no key does")
  .refine(
    (value) => Buffer.byteLength(value.replace(/^cos:\/\/[^/]*\/?/, "")) <= maxKeyBytes,
    `has a prefix of over ${maxKeyBytes} bytes`,
  );

/** A file of this machine. */
export const file = text.refine((value) => !/^[a-z][a-z\d]*:\/\//i.test(value), "is an address, and no file's name");

/** A file, `-` for standard input, or a cos:// address of one object. */
export const manifest = text.refine(
  (value) =>
    !value.startsWith("cos://") || (address.safeParse(value).success && /^cos:\/\/[^/]+\/.*[^/]$/s.test(value)),
  "names no object: it must be a file, - for standard input, or cos://BUCKET-APPID/KEY",
);

/** The same, but for standard input. */
export const storedManifest = manifest.refine(
  (value) => value !== "-",
  "is standard input, and here a file or cos://BUCKET-APPID/KEY is expected",
);

/** What is dialled; `{bucket}` and `{region}` stand for the bucket at hand. */
export const endpoint = z.string().superRefine((value, context) => {
  const refuse = (message: string) => context.addIssue({ code: "custom", message });
  const unknown = /\{(?!bucket\}|region\})[^}]*\}?/.exec(value);
  if (unknown !== null) return refuse(`holds ${unknown[0]}, and only {bucket} and {region} have a meaning in it`);
  let url: URL;
  try {
    url = new URL(value.replaceAll("{bucket}", "b-1250000000").replaceAll("{region}", "ap-guangzhou"));
  } catch {
    return refuse("is not a URL of the form https://HOST");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse("begins with neither https:// nor http://");
  if (url.username !== "" || url.password !== "") return refuse("holds a user name or password, and it must not");
  if (url.search !== "" || url.hash !== "") return refuse("has a query or a fragment, and it must not");
  if (url.pathname !== "/" && !value.slice(value.indexOf("://") + 3).includes("/{bucket}")) {
    refuse(
      "goes on after the host, where only /{bucket} may stand, for the name of the bucket, which can be left out as well",
    );
  }
});

/** Where in the archive's bucket replaced objects are kept: a folder of keys, or its address, kept as it is. */
export const history = text.superRefine((value, context) => {
  if (/^[a-z][a-z\d]*:\/\//i.test(value)) {
    const read = readAddress(value, ["cos", ...otherStores]);
    if ("fault" in read) context.addIssue({ code: "custom", message: `is no place: ${read.fault}` });
    return;
  }
  if (!isHistory(asFolder(value))) {
    const message = `is no folder of keys, like history/, of up to ${maxKeyBytes / 2} bytes; or write a whole address`;
    context.addIssue({ code: "custom", message });
  }
});

/** What is told that a run began and how it ended. */
export const pingUrl = z.string().superRefine((value, context) => {
  const refuse = (message: string) => context.addIssue({ code: "custom", message });
  if (!URL.canParse(value)) return refuse("is not a URL of the form https://HOST/CHECK");
  const url = new URL(value);
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse("begins with neither https:// nor http://");
  if (url.username !== "" || url.password !== "") return refuse("holds a user name or password, and it must not");
  if (url.hash !== "") refuse("has a fragment, and it must not");
});

/** Where to listen: HOST:PORT, or a port of loopback alone. */
export const listen = z.string().transform((value, context) => {
  const [, host = "127.0.0.1", port = ""] = /^(?:(\[[\da-fA-F:.]+\]|[\w.-]+):)?(\d{1,5})$/.exec(value) ?? [];
  if (port !== "" && Number(port) <= 65_535) return { host, port: Number(port) };
  context.addIssue({ code: "custom", message: "is not HOST:PORT, nor a port alone, with a port from 0 to 65535" });
  return z.NEVER;
});

/** Where credentials are, kept as it is. */
export const credentialsFrom = z.string().superRefine((value, context) => {
  const read = readOrigin(value);
  if ("fault" in read) context.addIssue({ code: "custom", message: read.fault });
});

/** Where events go: a webhook or a queue. */
export const target = z.string().superRefine((value, context) => {
  const read = readTarget(value);
  if ("fault" in read) context.addIssue({ code: "custom", message: read.fault });
});

/** Requests a second: `500/s`, or a number alone. */
export const rate = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,3})?(\/s)?$/, "is not a rate of the form N/s")
  .transform((value) => Number(value.replace("/s", "")))
  .refine(
    (perSecond) => perSecond >= 0.001 && perSecond <= requestsPerSecond,
    `is not between 0.001/s and ${requestsPerSecond}/s`,
  );

const leastBandwidth = 1024;

/** Bytes a second: `10M`, `10M/s`. */
export const bandwidth = z.string().transform((value, context) => {
  const read = parseBytes(value.replace(/\/s$/, ""));
  if (read !== undefined && read >= leastBandwidth) return read;
  context.addIssue({ code: "custom", message: "is not a rate of bytes like 500k, 10M or 1G, of 1k at least" });
  return z.NEVER;
});

const longestIntervalMs = 86_400_000;

/** Seconds: `30s`, `1m`, `1h`. */
export const interval = z.string().transform((value, context) => {
  const ms = parseAge(value) ?? 0;
  if (ms >= 1_000 && ms <= longestIntervalMs) return ms / 1_000;
  context.addIssue({ code: "custom", message: "is no time between 1s and 24h, like 30s, 1m or 1h" });
  return z.NEVER;
});

/** An amount of money, or of GB. */
export const price = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9})?$/, "is not a number like 0.025")
  .transform(Number);

/** What may be paid. */
export const money = price.refine((amount) => amount > 0 && amount <= 1_000_000, "is not between 0 and 1000000");

export const currency = z.string().regex(/^[A-Z]{3}$/, "is not a currency code like CNY");

export const runId = z
  .string()
  .regex(
    runIdPattern,
    "is not a run id: 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first",
  );

/** A run id with places for date and time in it (names.ts). */
export const runName = z.string().superRefine((value, context) => {
  const unknown = /\{(?!date\}|time\})[^}]*\}?/.exec(value);
  const refuse = (message: string) => context.addIssue({ code: "custom", message });
  if (unknown !== null) return refuse(`holds ${unknown[0]}, and only {date} and {time} have a meaning in it`);
  if (runId.safeParse(datedRunId(value, 0)).success) return;
  refuse("is not a run id: 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first");
});

export const maxFailures = z
  .string()
  .regex(maxFailuresPattern, "is neither a number of rows nor a percentage")
  .refine((value) => !value.endsWith("%") || Number(value.slice(0, -1)) <= 100, "is more than 100%");

/** A template of archive keys. */
export const archiveKey = text
  .refine((value) => !/^cos:\/\/[^/]*\/[/\\]/.test(value), "has a prefix that begins with a slash, and no key does")
  .refine((value) => Buffer.byteLength(value) <= maxKeyBytes, `is longer than a key may be, ${maxKeyBytes} bytes`)
  .superRefine((value, context) => {
    const message = templateFault(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** Globs, separated by commas that are in no braces. */
export const globs = text
  .transform((value) => splitGlobs(value))
  .superRefine((all, context) => {
    const fault = filterFault(all.map((glob) => `- ${glob}`));
    if (fault !== undefined) context.addIssue({ code: "custom", message: `can't be read: ${fault}` });
  });

/** The same, each with its sign. */
export const filterRules = text
  .transform((value) => splitGlobs(value))
  .superRefine((all, context) => {
    const fault = filterFault(all);
    if (fault !== undefined) context.addIssue({ code: "custom", message: `can't be read: ${fault}` });
  });

/** An age or a time, kept as it is: an age counts from when the run is asked for. */
export const since = text.refine(
  (value) => parseSince(value, 0) !== undefined,
  "is neither an age like 36h or 2d, nor a time like 2026-11-22 or 2026-11-22T01:30:00Z",
);

/** A size in bytes. */
export const bytes = z.string().transform((value, context) => {
  const read = parseBytes(value);
  if (read !== undefined) return read;
  context.addIssue({ code: "custom", message: "is not a size like 500, 10k, 2M or 1G" });
  return z.NEVER;
});

/** Hosts, separated by commas where one text holds several. */
export const hosts = z
  .string()
  .transform((value) => value.split(",").map((host) => host.trim().toLowerCase()))
  .refine(
    (all) => all.every((host) => /^([a-z0-9_]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(host)),
    "is not a host name, which is written without http:// before it",
  );

/** Places that messages may name, separated by commas or spaces where one text holds several. */
export const allow = text.transform((value, context) =>
  value
    .trim()
    .split(/[\s,]+(?=\w+=(?:cos|s3|file|https?|sqs|tdmq):)/)
    .map((each) => {
      const allowed = parseAllowed(each) ?? parseAllowedTarget(each);
      if (allowed !== undefined) return allowed;
      context.addIssue({
        code: "custom",
        message: `holds ${quote(each)}, which is not source, archive, ledger, manifest or history=cos://BUCKET-APPID/PREFIX (archive, ledger and history also s3://BUCKET/PREFIX or file:///FOLDER), nor events or notify=https://HOST/PATH, sqs:URL or tdmq:URL`,
      });
      return z.NEVER;
    }),
);

/** Which queue: embedded, SQS-compatible, or TDMQ for CMQ. */
export const queue = z.string().superRefine((value, context) => {
  const refuse = (message: string) => context.addIssue({ code: "custom", message });
  if (/^memory:[A-Za-z0-9_-]{0,80}$/.test(value)) return;
  const url = /^(sqs|tdmq):(.+)$/s.exec(value);
  if (url === null) return refuse("is none of memory:, sqs:URL and tdmq:URL");
  if (url[1] === "sqs" && /^[A-Za-z0-9_-]{1,80}(\.fifo)?$/.test(url[2] ?? "")) return;
  if (!URL.canParse(url[2] ?? "") || !/^https?:\/\/[^/]+\/./.test(url[2] ?? "")) {
    return refuse("names no queue by a URL after the colon");
  }
});

/** One in which a letter outlives the process. */
export const deadLetterQueue = queue.refine(
  (value) => !value.startsWith("memory:"),
  "would be lost with this process: it must be sqs:URL or tdmq:URL",
);

/** A switch, as the environment or a file writes it. */
export const onOff = z
  .string()
  .toLowerCase()
  .refine((value) => ["true", "false", "1", "0", "yes", "no", "on", "off"].includes(value), "is neither true nor false")
  .transform((value) => ["true", "1", "yes", "on"].includes(value));
