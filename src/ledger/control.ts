/** Halt, cancel and resume: small objects under `control/`; the highest epoch rules. */
import { z } from "zod";
import { type ControlKind, parseControl, paths } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

export interface Control {
  readonly epoch: number;
  readonly kind: ControlKind;
}

const documentSchema = z.object({ reason: z.string(), at: z.string() });
export type ControlDocument = z.output<typeof documentSchema>;

/** What rules now; undefined where nothing was ever said. Of two of one epoch the one that stops work rules. */
export async function readControl(store: LedgerStore): Promise<Control | undefined> {
  const { objects } = await store.list(paths.control);
  let ruling: Control | undefined;
  for (const { key } of objects) {
    const control = parseControl(key);
    if (control === undefined) continue;
    if (
      ruling === undefined ||
      control.epoch > ruling.epoch ||
      (control.epoch === ruling.epoch && ruling.kind === "resume")
    ) {
      ruling = control;
    }
  }
  return ruling;
}

export function saysStop(control: Control | undefined): control is Control {
  return control !== undefined && control.kind !== "resume";
}

/** Says it with the next epoch. A halt or cancel where work is stopped already, or a resume where it is not, is not repeated. */
export async function writeControl(
  store: LedgerStore,
  kind: ControlKind,
  reason: string,
  at: string,
): Promise<Control> {
  const now = await readControl(store);
  if (kind === "resume" ? !saysStop(now) : saysStop(now) && now.kind === kind) {
    return now ?? { epoch: 0, kind };
  }
  const control = { epoch: (now?.epoch ?? 0) + 1, kind };
  await store.put(paths.controlAt(control.epoch, kind), `${JSON.stringify({ reason, at })}\n`);
  return control;
}

/** Why: the text that was written with it. */
export async function controlReason(store: LedgerStore, control: Control): Promise<string | undefined> {
  const bytes = await store.get(paths.controlAt(control.epoch, control.kind));
  if (bytes === undefined) return undefined;
  const parsed = documentSchema.safeParse(JSON.parse(bytes.toString("utf8")));
  return parsed.success ? parsed.data.reason : undefined;
}
