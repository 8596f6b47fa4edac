/** One contestant in a process of its own: prepares and copies as it is told, and says what it took. */
import { contestants } from "./contestants.ts";
import type { Copier, CopierOptions } from "./copier.ts";

export type RacerOrder =
  | { readonly order: "open"; readonly name: string; readonly options: CopierOptions }
  | { readonly order: "prepare"; readonly objects: number }
  | { readonly order: "copy"; readonly objects: number }
  | { readonly order: "check"; readonly objects: number };

export interface Lap {
  readonly ms: number;
  readonly cpuMs: number;
  /** Of the process so far. */
  readonly peakRssMB: number;
  /** How many were copied at once at its end, where the contestant says so. */
  readonly atOnce?: number | undefined;
}

let copier: Copier | undefined;

async function obey(message: RacerOrder): Promise<unknown> {
  if (message.order === "open") {
    const contestant = contestants.find(({ name }) => name === message.name);
    if (contestant === undefined) throw new Error(`there is no contestant ${message.name}`);
    await copier?.close();
    copier = await contestant.create(message.options);
    return { done: true };
  }
  if (copier === undefined) throw new Error("nothing is open");
  if (message.order === "prepare") {
    // No gc() here: it throws away compiled code, and what is measured next is the compiler.
    await copier.prepare?.(message.objects);
    return { done: true };
  }
  if (message.order === "check") {
    if (copier.check === undefined) throw new Error("it keeps nothing that could be looked at");
    return copier.check(message.objects);
  }
  const cpu = process.cpuUsage();
  const from = performance.now();
  await copier.copy(message.objects);
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  const peakRssMB = process.resourceUsage().maxRSS / 1024;
  const lap: Lap = { ms, cpuMs: (user + system) / 1000, peakRssMB, atOnce: copier.atOnce?.() };
  return lap;
}

process.on("message", (message: RacerOrder) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
