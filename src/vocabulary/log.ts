import { systemClock } from "./clock.ts";
import { visible } from "./visible.ts";

/** One JSON object a line. Fields are data: never a credential, a token, a signature or a signed URL. */
export interface Log {
  /** What only who looks for a fault wants to know. Absent: nobody is told of it. */
  debug?(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** From what is said most often to what is said last of all. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

/** Says nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };

const ignore = () => undefined;

/** A line that can't be written (a full disk, nobody who reads) stops nothing. */
const writeTo = (stream: () => NodeJS.WriteStream) => (line: string) => {
  const to = stream();
  if (!to.listeners("error").includes(ignore)) to.on("error", ignore);
  to.write(line);
};

const writeToStderr = writeTo(() => process.stderr);
/** For what a platform reads there: metrics of a function, or all of its log. */
export const writeToStdout = writeTo(() => process.stdout);

/**
 * Writes one JSON line an entry to `write` (stderr where nothing is given).
 *
 * @example
 * ```ts
 * import { jsonLog } from "cos-originals";
 *
 * const log = jsonLog((line) => process.stdout.write(line), () => 0);
 * log.info("begun", { run: "nightly" }); // prints {"time":"1970-01-01T00:00:00.000Z","level":"info","message":"begun","run":"nightly"}
 * ```
 */
export function jsonLog(write: (line: string) => void = writeToStderr, now: () => number = systemClock.now): Log {
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      write(`${visible(JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields }))}\n`);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

type Fields = Readonly<Record<string, unknown>>;

/** Says these in every line as well; a line's own go before them. */
export function withFields(log: Log, all: Fields): Log {
  return {
    debug: (message, fields) => log.debug?.(message, { ...all, ...fields }),
    info: (message, fields) => log.info(message, { ...all, ...fields }),
    warn: (message, fields) => log.warn(message, { ...all, ...fields }),
    error: (message, fields) => log.error(message, { ...all, ...fields }),
  };
}

/** Passes on what is of this level or above. What is no level passes on what `info` does: settings say what is wrong with it. */
export function atLeast(log: Log, level: string | undefined): Log {
  const found = (logLevels as readonly (string | undefined)[]).indexOf(level);
  const least = found < 0 ? logLevels.indexOf("info") : found;
  const at = (name: LogLevel) => (message: string, fields?: Fields) => {
    if (logLevels.indexOf(name) >= least) log[name]?.(message, fields);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
