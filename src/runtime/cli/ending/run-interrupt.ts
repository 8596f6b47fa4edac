/** What people are told who interrupt a run that this process works. */
import { type Interrupt, onInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface RunInterrupt extends Interrupt {
  /** From now on there is something to go on with. @param resume the command that does */
  begun(resume: string): void;
}

export function onRunInterrupt(terminal: Terminal): RunInterrupt {
  let resume: string | undefined;
  const interrupt = onInterrupt(terminal, {
    first: () =>
      "Stopping: what is under way ends, within 25 s, and is recorded; nothing new begins. Ctrl+C once more stops at once.",
    second: () =>
      resume === undefined
        ? "Stopped at once. Nothing was archived; the same command begins it anew."
        : `Stopped at once: what was under way is given up, and done again by whoever goes on. Continue with the same command, or with: ${resume}`,
  });
  return {
    ...interrupt,
    begun(command) {
      resume = command;
    },
  };
}
