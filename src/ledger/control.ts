/** Halt, cancel and resume: small objects under `control/`; the highest epoch rules. */
import * as z from "zod";
import type { Caps } from "../policy/money/cap.ts";
import { documentText, parseDocument } from "./document.ts";
import {
  type ControlKind,
  parseControl,
  parseShare,
  parseVain,
  paths,
  type TrialShare,
  type VainRow,
} from "./layout.ts";
import type { LedgerStore } from "./store.ts";

export interface Control {
  readonly epoch: number;
  readonly kind: ControlKind;
  /** How long ago it was written, by the store's own clock, in milliseconds. */
  readonly ageMs: number;
}

const documentSchema = z.object({
  reason: z.string(),
  at: z.string(),
  /** Of a resume: the caps from then on, where the run has any. */
  caps: z.object({ maxCost: z.number().optional(), maxBytes: z.number().optional() }).optional(),
});

/** All that one LIST of a run's controls tells. */
export interface Standing {
  /** What rules now; undefined where nothing was ever said. */
  readonly control: Control | undefined;
  /** How often the run was resumed. */
  readonly resumes: number;
  /** A row was archived (ledger/trial.ts). */
  readonly archived: boolean;
  /** Rows fetched in vain on the trial since the last resume. */
  readonly vain: readonly VainRow[];
  /** How many rows a shard may fetch in vain on that trial, where it was given more than its first share. */
  readonly shares: ReadonlyMap<number, number>;
  /** The store's own clock when it said so, ms since the epoch. */
  readonly serverTime: number;
}

/** Of a run of which nobody has said anything yet; nor has the store said what time it is. */
export const newStanding: Standing = {
  control: undefined,
  resumes: 0,
  archived: false,
  vain: [],
  shares: new Map(),
  serverTime: 0,
};

export async function readControl(store: LedgerStore): Promise<Control | undefined> {
  return (await readStanding(store)).control;
}

/** Of two controls of one epoch the one that stops work rules. */
export async function readStanding(store: LedgerStore): Promise<Standing> {
  const { objects, serverTime } = await store.list(paths.control);
  let ruling: Control | undefined;
  let resumes = 0;
  const vain: VainRow[] = [];
  const given: TrialShare[] = [];
  for (const { key, lastModified } of objects) {
    const inVain = parseVain(key);
    if (inVain !== undefined) vain.push(inVain);
    const share = parseShare(key);
    if (share !== undefined) given.push(share);
    const parsed = parseControl(key);
    if (parsed === undefined) continue;
    if (parsed.kind === "resume") resumes++;
    const control = { ...parsed, ageMs: Math.max(0, serverTime - lastModified) };
    if (
      ruling === undefined ||
      control.epoch > ruling.epoch ||
      (control.epoch === ruling.epoch && ruling.kind === "resume")
    ) {
      ruling = control;
    }
  }
  const shares = new Map<number, number>();
  for (const { shard, rows, ...of } of given) {
    if (of.resumes === resumes) shares.set(shard, Math.max(rows, shares.get(shard) ?? 0));
  }
  return {
    control: ruling,
    resumes,
    archived: objects.some(({ key }) => key === paths.firstArchived),
    vain: vain.filter((row) => row.resumes === resumes),
    shares,
    serverTime,
  };
}

export function saysStop(control: Control | undefined): control is Control {
  return control !== undefined && control.kind !== "resume";
}

/**
 * Says it with the next epoch. What is so already is not said again; nor does a worker's halt take the place of somebody's
 * cancel.
 */
export async function writeControl(
  store: LedgerStore,
  kind: ControlKind,
  reason: string,
  at: string,
  caps?: Caps,
): Promise<Control> {
  const now = await readControl(store);
  const unneeded = kind === "resume" ? !saysStop(now) : saysStop(now) && (now.kind === kind || kind === "halt");
  if (now !== undefined && unneeded) return now;
  const control = { epoch: (now?.epoch ?? 0) + 1, kind, ageMs: 0 };
  await store.put(paths.controlAt(control.epoch, kind), documentText({ reason, at, caps }));
  return control;
}

/** The caps that rule: those of the newest resume that says any, else what was asked. */
export async function readCaps(store: LedgerStore, asked: Caps): Promise<Caps> {
  const { objects } = await store.list(paths.control);
  const resumes = objects.flatMap(({ key }) => {
    const control = parseControl(key);
    return control?.kind === "resume" ? [control] : [];
  });
  for (const control of resumes.sort((a, b) => b.epoch - a.epoch)) {
    const bytes = await store.get(paths.controlAt(control.epoch, control.kind));
    const kind = { what: "control", parse: documentSchema.parse } as const;
    const caps = bytes && parseDocument(bytes, store.describe(paths.control), kind).caps;
    if (caps !== undefined) return caps;
  }
  return { maxCost: asked.maxCost, maxBytes: asked.maxBytes };
}

/** Why: the text that was written with it; undefined where it can't be read, for it rules all the same. */
export async function controlReason(
  store: LedgerStore,
  control: Pick<Control, "epoch" | "kind">,
): Promise<string | undefined> {
  const bytes = await store.get(paths.controlAt(control.epoch, control.kind));
  if (bytes === undefined) return undefined;
  try {
    return parseDocument(bytes, "", { what: "control", parse: documentSchema.parse }).reason;
  } catch {
    return undefined;
  }
}
