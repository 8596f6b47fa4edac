/**
 * Standard output and standard error, as a command uses them: the one place that writes to people. A text is one line, and several
 * are a list; what would steer a terminal, or begin a line where none of ours begins, is shown as its escape (visible.ts).
 */
import { systemClock } from "../../../vocabulary/clock.ts";
import { foldRepeats } from "../../../vocabulary/fold-repeats.ts";
import { atLeast, jsonLog, type Log, type LogFormat, type LogLevel } from "../../../vocabulary/log.ts";
import { visible } from "../../../vocabulary/visible.ts";
import { answer, confirm, isSeated } from "./confirm.ts";
import { fitted, type StatusLine } from "./status-line.ts";
import { widthOf } from "./width.ts";

/** One line, or several; without their ends. */
export type Text = string | readonly string[];

export interface Terminal {
  /** What was asked for: a summary, a document. */
  out(text: Text): void;
  /** What is worth knowing beside it; nothing with --quiet. */
  note(text: Text): void;
  /** What went wrong, one sentence. */
  complain(text: Text): void;
  /** Does somebody sit there, who can be asked? */
  readonly seated: boolean;
  /** A yes-or-no question to whoever sits there; no, where nobody does. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>;
  /** A question to whoever sits there; undefined where nobody does, or the input ends, or it is interrupted. */
  answer(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** A line that is replaced by the next, on a terminal only, and fits into it; "" takes it away. */
  status(line: StatusLine): void;
  readonly statusShown: boolean;
  /** Warnings and errors of the program's parts; nothing with --quiet but errors. */
  readonly log: Log;
  readonly quiet: boolean;
  /**
   * From now on all that standard error is told is a log: a line each with its time and its level, notes as `info`, complaints as `error`. With
   * --quiet errors alone.
   */
  logAs(format: LogFormat, level: LogLevel): void;
  /** Resolves when all that was written is with whoever reads it: with why what was asked for could not be written, where it could not. */
  flushed(): Promise<string | undefined>;
}

export interface TerminalOptions {
  readonly quiet: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Absent: nobody is asked. */
  readonly stdin?: NodeJS.ReadStream | undefined;
  /** Can it replace a line? Where absent it can. */
  readonly isDumb?: boolean | undefined;
  /** Does it break lines anew when it becomes narrower? Most do; where absent it does. */
  readonly reflows?: boolean | undefined;
}

/** Of a terminal that does not say how wide it is, or that it is 0 columns wide, as some do that nobody has told. */
const usualColumns = 80;
/** A terminal that is narrower than we know of shows less of the line, instead of two lines: no wrapping meanwhile. */
const unwrapped = (text: string) => `\x1b[?7l${text}\x1b[?7h`;

export function openTerminal(options: TerminalOptions): Terminal {
  const { quiet, stdout, stderr, stdin } = options;
  // Whoever reads may go away (`| head`), and a disk may be full: the work goes on. What is no longer wanted is no fault; what was asked
  // for and could not be written is told at the end; a note or a warning that could not be is not.
  let lost: string | undefined;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") lost ??= error.message;
  });
  stderr.on("error", () => undefined);
  const statusShown = stderr.isTTY === true && !quiet && options.isDumb !== true;
  let line: StatusLine = "";
  let status = "";
  // The last column stays free: the cursor stands there.
  const room = () => (stderr.columns > 0 ? stderr.columns : usualColumns) - 1;

  const clear = () => {
    if (status !== "") stderr.write("\r\x1b[K");
  };
  const draw = () => {
    if (status !== "") stderr.write(unwrapped(status));
  };
  const write = (stream: NodeJS.WriteStream, text: Text) => {
    clear();
    stream.write(linesOf(text));
    draw();
  };
  let watched = false;
  const watchSize = () => {
    if (watched) return;
    watched = true;
    stderr.on("resize", () => {
      if (status === "") return;
      const rows = options.reflows === false ? 1 : Math.ceil(widthOf(status) / (room() + 1));
      stderr.write(`\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`);
      status = fitted(line, room());
      draw();
    });
  };
  const logged = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
    write(stderr, `${level}: ${message}${details.length === 0 ? "" : ` (${details.join(", ")})`}`);
  };

  const plain: Log = {
    info() {},
    warn: (message, fields) => {
      if (!quiet) logged("warning", message, fields);
    },
    error: (message, fields) => logged("error", message, fields),
  };
  let lines: Log | undefined;
  const log = foldRepeats({
    debug: (message, fields) => lines?.debug?.(message, fields),
    info: (message, fields) => (lines ?? plain).info(message, fields),
    warn: (message, fields) => (lines ?? plain).warn(message, fields),
    error: (message, fields) => (lines ?? plain).error(message, fields),
  });
  const withTime = (level: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const word = { debug: "debug", info: "info", warn: "warning", error: "error" }[level];
    logged(`${new Date(systemClock.now()).toISOString()} ${word}`, message.replace(/\.$/, ""), fields);
  };
  const timed: Log = {
    debug: withTime("debug"),
    info: withTime("info"),
    warn: withTime("warn"),
    error: withTime("error"),
  };
  /** One entry: the lines of a list are parts of one sentence, or of one text. */
  const entryOf = (text: Text) => (typeof text === "string" ? text : text.join("\n")).trim();

  return {
    out: (text) => write(stdout, text),
    note: (text) => {
      if (lines !== undefined) lines.info(entryOf(text));
      else if (!quiet) write(stderr, text);
    },
    complain: (text) => {
      if (lines !== undefined) return lines.error(entryOf(text));
      const [first = "", ...others] = typeof text === "string" ? [text] : text;
      write(stderr, [`cos-originals: ${first}`, ...others]);
    },
    seated: stdin !== undefined && isSeated({ input: stdin, output: stderr }),
    async confirm(question, signal) {
      if (stdin === undefined || !isSeated({ input: stdin, output: stderr })) return false;
      clear();
      line = status = "";
      return confirm(visible(question), { input: stdin, output: stderr }, signal);
    },
    async answer(question, signal) {
      if (stdin === undefined || !isSeated({ input: stdin, output: stderr })) return undefined;
      clear();
      line = status = "";
      return answer(visible(question), { input: stdin, output: stderr }, signal);
    },
    status: (given) => {
      if (!statusShown) return;
      watchSize();
      line = given;
      const text = fitted(given, room());
      if (text === status) return;
      clear();
      status = text;
      draw();
    },
    statusShown,
    log,
    quiet,
    logAs(format, level) {
      const each = format === "json" ? jsonLog((line) => write(stderr, line.replace(/\n$/, ""))) : timed;
      lines = atLeast(each, quiet ? "error" : level);
    },
    async flushed() {
      log.flush();
      for (const stream of [stdout, stderr]) {
        if (!stream.writable) continue;
        await new Promise<void>((resolve) => {
          stream.once("error", () => resolve());
          stream.write("", () => resolve());
        });
      }
      return lost;
    },
  };
}

function linesOf(text: Text): string {
  return (typeof text === "string" ? [text] : text)
    .map(
      (line) => `${visible(line)}
`,
    )
    .join("");
}
