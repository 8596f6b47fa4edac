/** A question to whoever sits at the terminal. */
import { createInterface } from "node:readline/promises";

export interface Seat {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** What Ctrl+C does; by default what it does where nothing is asked. */
  readonly interrupt?: () => void;
}

/** While a line is read its keys come as characters: that one is a signal again, which each command ends by as by any other. */
const signalled = () => void process.kill(process.pid, "SIGINT");

/** Is there anybody to be asked? */
export const isSeated = ({ input, output }: Seat): boolean => input.isTTY === true && output.isTTY === true;

/** What is answered; undefined where there is no answer: the end of the input, or an interrupt. */
export async function answer(
  question: string,
  { input, output, interrupt = signalled }: Seat,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reader = createInterface({ input, output });
  reader.on("SIGINT", interrupt);
  const closed = new Promise<undefined>((resolve) => reader.once("close", () => resolve(undefined)));
  try {
    return await Promise.race([reader.question(`${question} `, { signal }), closed]);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    reader.close();
  }
}

/** True where the answer is yes; nothing, the end of the input, or an interrupt is no. */
export async function confirm(question: string, seat: Seat, signal: AbortSignal): Promise<boolean> {
  return /^\s*(?:y|yes)\s*$/i.test((await answer(`${question} [y/N]`, seat, signal)) ?? "");
}
