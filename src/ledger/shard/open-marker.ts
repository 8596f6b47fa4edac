/** `<attempt>-open~<seq>`: a worker looks whether the shard is its own; who it is, and by which plan. */
import * as z from "zod";
import { paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";
import type { Attempt } from "./attempts.ts";

export interface OpenMarker {
  /** Who works on it: run/surroundings/worker-identity.ts. "" where the marker says nothing that is understood. */
  readonly worker: string;
  /** The plan that ruled the run then. In a ledger bucket that ever had versioning another may take its place. */
  readonly plan?: string | undefined;
}

/** Who that is, for people: its machine's name and its process. What is not understood is shown as it is, and not at length. */
export function shownWorker(worker: string): string {
  try {
    const { machine, pid } = JSON.parse(worker);
    if (typeof machine === "string" && typeof pid === "number") return `${machine.split(" ")[0]}, process ${pid}`;
  } catch {
    // What an older or another worker calls itself.
  }
  return worker.slice(0, 200);
}

const schema = z.object({ worker: z.string(), plan: z.string().optional() });

export function writeOpenMarker(
  ledger: LedgerStore,
  { shard, attempt, seq }: { readonly shard: number; readonly attempt: string; readonly seq: number },
  marker: OpenMarker,
): Promise<void> {
  return ledger.put(paths.open(shard, attempt, seq), JSON.stringify(marker));
}

/** Undefined where it is not there. */
export async function readOpenMarker(
  ledger: LedgerStore,
  shard: number,
  { id, seq = 0 }: Pick<Attempt, "id" | "seq">,
): Promise<OpenMarker | undefined> {
  const bytes = await ledger.get(paths.open(shard, id, seq));
  if (bytes === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(bytes.toString("utf8")));
  } catch {
    return { worker: "" };
  }
}
