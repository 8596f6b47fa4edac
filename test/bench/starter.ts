/** A platform that starts a function: a new process, which imports the bundle and hands it one event, or one after the other. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { machineMs } from "./machine-clock.ts";

export interface StartOrder {
  readonly bundle: string;
  readonly handler: string;
  readonly event: unknown;
  readonly environment: Readonly<Record<string, string>>;
  /** How long an invocation may take, ms. Default 900 s. */
  readonly limitMs?: number;
}

export interface Started {
  /** By the machine's clock: before the import, after it. */
  readonly begunAt: number;
  readonly importedAt: number;
  /** When the handler answered. */
  readonly endedAt: number;
  /** What the handler answered. */
  readonly answer: unknown;
  /** Of the whole process so far: the most memory, the CPU time. */
  readonly peakRssMB: number;
  readonly cpuMs: number;
}

async function begin({ bundle, handler, event, environment, limitMs = 900_000 }: StartOrder): Promise<Started> {
  Object.assign(process.env, environment);
  const begunAt = machineMs();
  const imported: Record<string, (event: unknown, context: unknown) => unknown> = createRequire(import.meta.url)(
    bundle,
  );
  const importedAt = machineMs();
  // As Lambda's and SCF's together: each reads its own.
  const context = {
    getRemainingTimeInMillis: () => limitMs - (machineMs() - importedAt),
    time_limit_in_ms: limitMs,
  };
  const answer = await imported[handler]?.(event, context);
  const endedAt = machineMs();
  const { user, system } = process.cpuUsage();
  return { begunAt, importedAt, endedAt, answer, peakRssMB: peakRssMB(), cpuMs: (user + system) / 1000 };
}

/** maxRSS is that of whoever started the process as well. */
function peakRssMB(): number {
  const kB = /^VmHWM:\s*(\d+) kB$/m.exec(readStatus())?.[1];
  return (kB === undefined ? process.resourceUsage().maxRSS : Number(kB)) / 1024;
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "latin1");
  } catch {
    return "";
  }
}

process.on("message", (order: StartOrder) => {
  begin(order).then(
    (started) => process.send?.(started),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
