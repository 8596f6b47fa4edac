/** A question to whoever sits at the terminal. */
import { createInterface } from "node:readline/promises";

export interface Seat {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Is there anybody to be asked? */
export const isSeated = ({ input, output }: Seat): boolean => input.isTTY === true && output.isTTY === true;

/** True where the answer is yes; nothing, the end of the input, or an interrupt is no. */
export async function confirm(question: string, { input, output }: Seat, signal: AbortSignal): Promise<boolean> {
  const reader = createInterface({ input, output });
  const closed = new Promise<string>((resolve) => reader.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([reader.question(`${question} [y/N] `, { signal }), closed]);
    return /^\s*(?:y|yes)\s*$/i.test(answer);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    reader.close();
  }
}
