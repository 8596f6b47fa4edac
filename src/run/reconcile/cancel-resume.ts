/** Cancel and resume: a control object for every worker to see, and a reconcile message to go on with. */
import { type Control, readControl, saysStop, writeControl } from "../../ledger/control.ts";
import { noSuchRun, readRequest } from "../../ledger/plan/request.ts";
import type { Sender } from "../messages/delivery.ts";
import { type Place, type ReconcileMessage, versionFor } from "../messages/messages.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/** No task starts later than one heartbeat (10 s) after it; what is in flight ends and is recorded. */
export async function cancelRun(
  place: Place,
  run: string,
  surroundings: Surroundings,
  reason: string,
): Promise<Control> {
  const ledger = openLedger(place, run, surroundings);
  if ((await readRequest(ledger)) === undefined) throw noSuchRun(ledger, run);
  return writeControl(ledger, "cancel", reason, new Date(surroundings.clock.now()).toISOString());
}

/** Goes on after a cancel or a halt. With a sender, a reconcile message sets the queue's workers going again. */
export async function resumeRun(
  place: Place,
  run: string,
  surroundings: Surroundings,
  sender?: Sender,
): Promise<Control | undefined> {
  const ledger = openLedger(place, run, surroundings);
  if ((await readRequest(ledger)) === undefined) throw noSuchRun(ledger, run);
  if (saysStop(await readControl(ledger))) {
    await writeControl(ledger, "resume", "resumed", new Date(surroundings.clock.now()).toISOString());
  }
  await sender?.send(reconcileMessage(place, run));
  return readControl(ledger);
}

export function reconcileMessage(ledger: Place, run: string): string {
  const message: ReconcileMessage = { v: versionFor(ledger), type: "reconcile", ledger, run };
  return JSON.stringify(message);
}
