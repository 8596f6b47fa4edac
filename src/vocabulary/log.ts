import { systemClock } from "./clock.ts";
import { visible } from "./visible.ts";

/** One JSON object a line. Fields are data: never a credential, a token, a signature or a signed URL. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };

const ignore = () => undefined;

/** A line that can't be written (a full disk, nobody who reads) stops nothing. */
function writeToStderr(line: string): void {
  const { stderr } = process;
  if (!stderr.listeners("error").includes(ignore)) stderr.on("error", ignore);
  stderr.write(line);
}

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
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
