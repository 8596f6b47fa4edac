/** What a person does next about a run, with the command where there is one. */
import type { Summary } from "./summary.ts";

export type NextStepKind = "nothing" | "verify" | "redrive" | "continue" | "resume" | "uncancel" | "watch";

export interface NextStep {
  readonly kind: NextStepKind;
  /** To be typed as it is; undefined where none is needed, or where the summary does not tell where the ledger is. */
  readonly command?: string | undefined;
}

export function nextStep(summary: Summary): NextStep {
  const { state, rows, failed, archived } = summary;
  switch (state) {
    case "running":
      return { kind: "watch", command: commandFor(summary, "status") };
    case "incomplete":
      return { kind: "continue", command: commandFor(summary, "run --resume") };
    case "halted":
      return { kind: "resume", command: commandFor(summary, "resume") };
    case "cancelled":
      return { kind: "uncancel", command: commandFor(summary, "resume") };
    case "complete":
      if (failed > 0) return { kind: "redrive", command: commandFor(summary, "redrive") };
      if (rows === 0 || archived === 0 || summary.asked === undefined) return { kind: "nothing" };
      return { kind: "verify", command: commandFor(summary, "verify") };
  }
}

/** `cos-originals redrive RUN --ledger … --archive-region …`; undefined where the summary does not tell where the ledger is. */
export function commandFor({ run, asked }: Summary, command: string): string | undefined {
  if (asked === undefined) return undefined;
  const { ledger, region } = asked;
  const at = region === undefined ? "" : ` --archive-region ${region}`;
  return `cos-originals ${command} ${run} --ledger ${shellWord(ledger)}${at}`;
}

/** Tells others what they could not be told yet. */
export const retellCommand = (summary: Summary): string =>
  commandFor(summary, "events") ?? `cos-originals events ${summary.run}`;

const shellWord = (text: string): string => (/^[\w:/.@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
