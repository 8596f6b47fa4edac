/** The processes of a benchmark: each on a core of its own where taskset is to be had, spoken with by messages. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { availableParallelism } from "node:os";

export interface Talking {
  /** One question, one answer, in order. Rejects with what the process says went wrong. */
  ask<Answer>(order: unknown): Promise<Answer>;
  /** What it said first. */
  readonly greeting: unknown;
  readonly pid: number;
  end(): Promise<void>;
}

/** Is there a second core, and the means to use it? */
export const canPin: boolean = (() => {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync("taskset", ["-c", "0", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

export interface StartOptions {
  /** Of Node. */
  readonly flags?: readonly string[];
  /** Is what it writes of its own accord nobody's business? */
  readonly quiet?: boolean;
}

export async function start(file: string, core: number, options: StartOptions = {}): Promise<Talking> {
  const { flags = [], quiet = false } = options;
  const command = [process.execPath, ...flags, file];
  const [program = "", ...args] = canPin ? ["taskset", "-c", String(core), ...command] : command;
  const output = quiet ? "ignore" : "inherit";
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", output, output, "ipc"] });
  let waiting: { resolve: (answer: never) => void; reject: (error: Error) => void } | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      waiting?.reject(new Error(`a process of the benchmark ended (${signal ?? code})`));
      resolve();
    });
  });
  const answer = <Answer>() =>
    new Promise<Answer>((resolve, reject) => {
      waiting = { resolve, reject };
    });
  child.on("message", (message: { readonly error?: string }) => {
    const now = waiting;
    waiting = undefined;
    if (message?.error !== undefined) now?.reject(new Error(message.error));
    else now?.resolve(message as never);
  });
  const greeting = await answer();
  return {
    greeting,
    pid: child.pid ?? 0,
    ask<Answer>(order: unknown) {
      const answered = answer<Answer>();
      child.send(order as object);
      return answered;
    },
    async end() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}
