/**
 * A share of a CPU, as a function of little memory has: a process is stopped (SIGSTOP) when it has used what it may of a period, and goes on in
 * a later one. What it did not use is not saved up, nor is what it used too much forgotten. Linux alone, where the scheduler tells in nanoseconds.
 */
import { readdirSync, readFileSync } from "node:fs";

const periodMs = 20;
const lookEveryMs = 4;

/** Of all its threads so far, milliseconds; undefined where the system does not tell. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    let ns = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]);
    }
    return ns / 1e6;
  } catch {
    return undefined;
  }
}

export const canLimit: boolean = process.platform === "linux" && cpuMsOf(process.pid) !== undefined;

/** What a process may use: told what passed and what it used, ms, it says whether the process has to stand still now. */
export function createQuota(share: number): (passedMs: number, usedMs: number) => boolean {
  const most = share * periodMs;
  let balance = most;
  return (passedMs, usedMs) => {
    balance = Math.min(most, balance + passedMs * share - usedMs);
    return balance < 0;
  };
}

/** From now on it has this share of one CPU, 0 to 1. Returns what ends that. */
export function limitCpu(pid: number, share: number): () => void {
  if (share >= 1) return () => undefined;
  const standsStill = createQuota(share);
  let used = cpuMsOf(pid) ?? 0;
  let lookedAt = performance.now();
  let isStopped = false;
  const look = setInterval(() => {
    const now = performance.now();
    // Of a thread that has ended nothing is told any more.
    const total = Math.max(used, cpuMsOf(pid) ?? used);
    const stop = standsStill(now - lookedAt, total - used);
    used = total;
    lookedAt = now;
    if (stop === isStopped) return;
    isStopped = stop;
    send(pid, stop ? "SIGSTOP" : "SIGCONT");
  }, lookEveryMs);
  return () => {
    clearInterval(look);
    if (isStopped) send(pid, "SIGCONT");
  };
}

/** One that has ended needs neither. */
function send(pid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}
