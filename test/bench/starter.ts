/** A platform that starts a function: a new process, which imports the bundle and hands it one event. */
import { createRequire } from "node:module";
import { machineMs } from "./machine-clock.ts";

export interface StartOrder {
  readonly bundle: string;
  readonly handler: string;
  readonly event: unknown;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Started {
  /** By the machine's clock: before the import, after it. */
  readonly begunAt: number;
  readonly importedAt: number;
  /** What the handler answered. */
  readonly answer: unknown;
}

/** As Lambda's and SCF's together: each reads its own. */
const context = { getRemainingTimeInMillis: () => 900_000, time_limit_in_ms: 900_000 };

async function begin({ bundle, handler, event, environment }: StartOrder): Promise<Started> {
  Object.assign(process.env, environment);
  const begunAt = machineMs();
  const imported: Record<string, (event: unknown, context: unknown) => unknown> = createRequire(import.meta.url)(
    bundle,
  );
  const importedAt = machineMs();
  return { begunAt, importedAt, answer: await imported[handler]?.(event, context) };
}

process.once("message", (order: StartOrder) => {
  begin(order).then(
    (started) => process.send?.(started),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
