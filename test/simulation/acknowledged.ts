/** I6, right before a message is deleted. */
import type { MemoryBucket } from "../stores/memory-bucket.ts";

interface Message {
  readonly type?: string;
  readonly plan?: string;
  readonly shard?: number;
  readonly seq?: number;
}

/**
 * A manifest message may go once what it asks is written down. A shard message may go once its shard is over, or handed over
 * by a message that was sent, or sleeps until its originals are restored, or has used up what it may spend, or the run is stopped, or the
 * message is nobody's (of a plan that lost, or overtaken by a later hand-over).
 */
export function acknowledgedTooEarly(
  body: string,
  prefix: string,
  ledger: MemoryBucket,
  sent: ReadonlySet<string>,
): string | undefined {
  const message: Message = JSON.parse(body);
  if (message.type === "manifest" && ledger.object(`${prefix}request.json`) === undefined) {
    return "the manifest was acknowledged before request.json was written";
  }
  if (message.type !== "shard") return undefined;
  const shard = String(message.shard).padStart(9, "0");
  const keys = ledger.keys();
  const run = JSON.parse(ledger.object(`${prefix}run.json`)?.bytes.toString() ?? "{}") as { plan?: string };
  if (run.plan !== message.plan) return undefined;
  if (keys.some((key) => key.includes(`done/`) && key.includes(`/${shard}~`))) return undefined;
  if (keys.some((key) => key.includes(`/restoring/${shard}~`))) return undefined;
  if (keys.some((key) => key.includes(`/caps/short/${shard}~`))) return undefined;
  if ([...sent].some((other) => isLaterHandOver(other, message))) return undefined;
  const controls = keys.filter((key) => key.includes("/control/")).sort();
  if (controls.some((key) => /-(cancel|halt)\.json$/.test(key))) return undefined;
  return `shard ${message.shard}, seq ${message.seq}, was acknowledged with neither a done marker nor a hand-over`;
}

function isLaterHandOver(other: string, message: Message): boolean {
  const later: Message = JSON.parse(other);
  return (
    later.type === "shard" &&
    later.plan === message.plan &&
    later.shard === message.shard &&
    (later.seq ?? 0) > (message.seq ?? 0)
  );
}
