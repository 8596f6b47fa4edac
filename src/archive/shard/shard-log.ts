/** What the log and the meter are told of one delivery of a shard: that it begins, from whom it was taken over, and how it ends. No row has a line. */
import type { Control } from "../../ledger/control.ts";
import type { MarkerCounts } from "../../ledger/counts.ts";
import type { requestsSince } from "../../ledger/shard/segment.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { Meter, ShardEndName } from "../../vocabulary/metrics/measured.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { OpenedShard } from "./open-shard.ts";

/** How a delivery of a shard ended. */
export type ShardEnd =
  /** Every row is over and the done marker written, now or before. */
  | { readonly kind: "over" }
  | { readonly kind: "superseded" }
  /** The run is cancelled or halted. */
  | { readonly kind: "stopped"; readonly control: Control }
  /** Another attempt on it is alive. */
  | { readonly kind: "yielded" }
  /** This worker is refused what others are not: it should work no more. */
  | { readonly kind: "sick"; readonly code: string; readonly reason: string }
  /** What it may spend of the run's cap is used up, and the ledger says so: it waits there for more. */
  | { readonly kind: "short" }
  /** Nothing is left but originals that are being restored, of which none need be looked at before `until` (ledger/shard/restoring-marker.ts). */
  | { readonly kind: "restoring"; readonly rows: number; readonly until: number }
  /** Rows are left, or others are not told of them yet: for want of time, or because the process is to stop, or for retries. */
  | { readonly kind: "left"; readonly rows: number; readonly progress: boolean; readonly earlier: number };

export interface ShardLog {
  begun(opened: OpenedShard, counts: MarkerCounts): void;
  row(outcome: Outcome): void;
  counted(sent: ReturnType<typeof requestsSince>, retries: number, throttled: number): void;
  /** @param counts of the whole shard; absent where nothing of it was begun */
  ended(end: ShardEnd, counts?: MarkerCounts): void;
}

export function createShardLog(
  told: { readonly run: string; readonly shard: number; readonly attempt: string },
  { log, meter, clock }: { readonly log: Log; readonly meter?: Meter | undefined; readonly clock: Clock },
): ShardLog {
  const begunAt = clock.elapsed();
  return {
    begun({ rows, earlier, takenOver }, { archived, skipped, failed }) {
      if (takenOver !== undefined) {
        const { from, attempt, lastSign } = takenOver;
        const its = { from, itsAttempt: attempt, lastSign: new Date(lastSign).toISOString() };
        log.warn("A shard is taken over from a worker that stopped without a word.", { ...told, ...its });
      }
      log.info("A shard is begun.", { ...told, rows: rows.length, over: archived + skipped + failed, earlier });
      meter?.({ kind: "shard-begun", takenOver: takenOver !== undefined });
    },
    row({ outcome, code, receivedSize, ms }) {
      if (meter === undefined || outcome === "pending") return;
      const bytes = outcome === "archived" ? (receivedSize ?? 0) : 0;
      meter({ kind: "row", outcome, code: outcome === "failed" ? code : undefined, bytes, ms });
    },
    counted: (sent, retries, throttled) => meter?.({ kind: "requests", sent, retries, throttled }),
    ended(end, counts) {
      const ms = clock.elapsed() - begunAt;
      const seconds = Math.round(ms / 100) / 10;
      const { name, message, fields } = counts === undefined ? unbegun(end) : saidOf(end);
      log.info(message, { ...told, ...counts, ...fields, seconds });
      meter?.({ kind: "shard-ended", end: name, ms });
    },
  };
}

interface Told {
  readonly name: ShardEndName;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

function saidOf(end: ShardEnd): Told {
  switch (end.kind) {
    case "over":
      return { name: "over", message: "A shard is over." };
    case "left":
      return end.progress
        ? { name: "handed_over", message: "A shard is handed over to the next delivery.", fields: { left: end.rows } }
        : {
            name: "given_back",
            message: "A shard is given back, as none of its rows could be ended.",
            fields: { left: end.rows },
          };
    case "restoring": {
      const fields = { left: end.rows, until: new Date(end.until).toISOString() };
      return { name: "waiting", message: "A shard waits for originals that are being restored.", fields };
    }
    case "short":
      return { name: "waiting", message: "A shard waits for more of what its run may spend." };
    case "stopped":
      return {
        name: "stopped",
        message: "A shard is left, as its run is stopped.",
        fields: { control: end.control.kind },
      };
    case "yielded":
    case "superseded":
      return { name: "yielded", message: "A shard is left to another attempt on it." };
    case "sick":
      return {
        name: "refused",
        message: "A shard is left, as this worker is refused what others are not.",
        fields: { code: end.code },
      };
  }
}

const reasons: Readonly<Partial<Record<ShardEnd["kind"], string>>> = {
  over: "it is over",
  superseded: "a later message of it is under way",
  yielded: "another attempt on it is alive",
};

function unbegun(end: ShardEnd): Told {
  const why = end.kind === "stopped" ? `its run is stopped (${end.control.kind})` : reasons[end.kind];
  return { name: "not_begun", message: "A shard is not begun.", fields: { why } };
}
