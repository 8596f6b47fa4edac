/** What somebody is told of a run's end: that it is over, that it was stopped, or that it was refused before it began. */
import type { Summary } from "../report/summary.ts";
import { type Address, printAddress, printRange } from "../vocabulary/address.ts";
import { attributeText, type CloudEvent } from "./cloud-event.ts";

const event = (ledger: Address, id: string, data: CloudEvent["data"]): CloudEvent => ({
  specversion: "1.0",
  id: attributeText(id),
  source: encodeURI(printRange(ledger).toWellFormed()),
  type: "cos-originals.run.ended",
  ...(typeof data.run === "string" ? { subject: data.run } : {}),
  ...(typeof data.endedAt === "string" ? { time: data.endedAt } : {}),
  datacontenttype: "application/json",
  data: { schema: "cos-originals/ended@1", ...data, ledger: printAddress(ledger) },
});

/** How a run stands at its end: its counts, and its failures by code, without their keys. @param epoch of the control that stopped it; else 0 */
export function endedEvent(ledger: Address, summary: Summary, epoch: number): CloudEvent {
  const { run, state } = summary;
  return event(ledger, `${run}:${state}:${epoch}`, countsOf(summary));
}

/** The same of a run that a message asks for, and that had ended before: it begins nothing. @param asked names the message */
export function askedAgainEvent(ledger: Address, summary: Summary, asked: string): CloudEvent {
  return event(ledger, `${summary.run}:asked-again:${asked}`, { ...countsOf(summary), askedAgain: true });
}

export interface Refused {
  /** Undefined where it has no id yet. */
  readonly run: string | undefined;
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  /** When it was refused, ISO 8601. */
  readonly at: string;
  /** Of what asked for it: the same where the same is refused again. */
  readonly asked: string;
}

export function refusedEvent(ledger: Address, { run, code, message, at, asked }: Refused): CloudEvent {
  const data = { run: run ?? null, state: "refused", code, message, endedAt: at };
  return event(ledger, `${run ?? ""}:refused:${asked}:${code}`, data);
}

function countsOf(summary: Summary): CloudEvent["data"] {
  const { run, state, rows, archived, skipped, failed, pending, restoring, bytes } = summary;
  const { startedAt, endedAt, seconds, reason } = summary;
  const failures = summary.failures?.map(({ code, count }) => ({ code, count })) ?? null;
  const counts = {
    rows,
    archived,
    skipped,
    failed,
    pending,
    ...(restoring === undefined ? {} : { restoring }),
    bytes,
    failures,
  };
  return { run, state, ...counts, startedAt, endedAt, seconds, ...(reason === undefined ? {} : { reason }) };
}
