/** Cancel and resume: a control object for every worker to see, and a reconcile message to go on with. */
import { type Control, readCaps, readControl, saysStop, writeControl } from "../../ledger/control.ts";
import { noSuchRun, readRequest } from "../../ledger/plan/request.ts";
import type { Caps } from "../../policy/money/cap.ts";
import { UserError } from "../../vocabulary/errors.ts";
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

/** Goes on after a cancel or a halt, under other caps where some are given. With a sender, a reconcile message sets the queue's workers going again. */
export async function resumeRun(
  place: Place,
  run: string,
  surroundings: Surroundings,
  sender?: Sender,
  caps: Caps = {},
): Promise<Control | undefined> {
  const ledger = openLedger(place, run, surroundings);
  const request = await readRequest(ledger);
  if (request === undefined) throw noSuchRun(ledger, run);
  const isGiven = caps.maxCost !== undefined || caps.maxBytes !== undefined;
  if (isGiven && request.prices === undefined) {
    throw new UserError(
      "NoCap",
      `The run ${JSON.stringify(run)} was begun without --max-cost and --max-bytes, so that nothing counts what it spends; resume it without them.`,
    );
  }
  if (saysStop(await readControl(ledger))) {
    const at = new Date(surroundings.clock.now()).toISOString();
    const ruling = request.prices && { ...(await readCaps(ledger, request.options)), ...caps };
    await writeControl(ledger, "resume", "resumed", at, ruling);
  } else if (isGiven) {
    throw new UserError(
      "NotStopped",
      `The run ${JSON.stringify(run)} was neither halted nor cancelled, and only then can its caps be changed; cancel it first, or wait until it halts.`,
    );
  }
  await sender?.send(reconcileMessage(place, run));
  return readControl(ledger);
}

export function reconcileMessage(ledger: Place, run: string): string {
  const message: ReconcileMessage = { v: versionFor(ledger), type: "reconcile", ledger, run };
  return JSON.stringify(message);
}
