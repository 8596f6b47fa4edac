/**
 * The outcomes of a run for who reads them in the process that works it: each row's once, when it is over and durable. What is read is let go of, and
 * what is not read yet holds up the rows that come after it, so that no more is kept than some thousand outcomes and what was under way.
 */
import { foldEach } from "../../ledger/shard/fold-shards.ts";
import { type ListedShard, listShards } from "../../ledger/shard/listed-shards.ts";
import type { RecordReader } from "../../ledger/shard/record-reader.ts";
import { outcomesOfLines } from "../../ledger/shard/segment.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { isTerminal, type Outcome } from "../../vocabulary/outcome.ts";

export interface OutcomeFeed extends RecordReader {
  /** Begins to keep what is recorded; what came before is left to `rest`. */
  open(): void;
  /** Outcomes that were not told before, the next of them; undefined once none come any more. */
  take(): Promise<readonly Outcome[] | undefined>;
  /** Who reads is waited for no longer: nothing new begins anyway. */
  release(): void;
  /** No more are recorded. */
  end(): void;
  /** What the ledger holds of the run and was not told: of earlier processes, of others, and of before it was opened. Shard by shard. */
  rest(ledger: LedgerStore, shards: number): AsyncGenerator<readonly Outcome[]>;
}

/** Kept, as lines of the ledger: at some 400 bytes each they are nothing, and a consumer that takes them by the hundred is not held up. */
const MOST_WAITING = 2_000;

interface Recorded {
  readonly shard: number;
  readonly rows: number;
  readonly lines: string;
  readonly count: number;
}

export function createOutcomeFeed(mostWaiting = MOST_WAITING): OutcomeFeed {
  /** Shards of which every row was told; and of the others, which rows were. */
  const whole = new Set<number>();
  const told = new Map<number, Set<number>>();
  const waiting: Recorded[] = [];
  let count = 0;
  let state: "closed" | "open" | "released" | "ended" = "closed";
  let arrived = createGate();
  let room: ReturnType<typeof createGate> | undefined;

  const fresh = (shard: number, rows: number, outcomes: Iterable<Outcome>): Outcome[] => {
    if (whole.has(shard)) return [];
    const its = told.get(shard) ?? new Set();
    const found: Outcome[] = [];
    for (const outcome of outcomes) {
      if (!isTerminal(outcome) || its.has(outcome.row)) continue;
      its.add(outcome.row);
      found.push(outcome);
    }
    if (its.size < rows) told.set(shard, its);
    else {
      whole.add(shard);
      told.delete(shard);
    }
    return found;
  };
  const makeRoom = () => {
    room?.open();
    room = undefined;
  };

  return {
    recorded(shard, rows, lines) {
      if (state === "closed" || state === "ended" || whole.has(shard)) return;
      if (lines === "") return;
      const its = lines.split("\n").length - 1;
      waiting.push({ shard, rows, lines, count: its });
      count += its;
      arrived.open();
    },
    room() {
      if (state !== "open" || count < mostWaiting) return undefined;
      room ??= createGate();
      return room.opened;
    },
    open() {
      if (state === "closed") state = "open";
    },
    async take() {
      for (;;) {
        const next = waiting.shift();
        if (next === undefined) {
          if (state === "ended") return undefined;
          arrived = createGate();
          await arrived.opened;
          continue;
        }
        count -= next.count;
        if (count < mostWaiting) makeRoom();
        const found = fresh(next.shard, next.rows, outcomesOfLines(next.lines));
        if (found.length > 0) return found;
      }
    },
    release() {
      if (state === "open") state = "released";
      makeRoom();
    },
    end() {
      state = "ended";
      makeRoom();
      arrived.open();
    },
    async *rest(ledger, shards) {
      async function* untold(): AsyncGenerator<ListedShard> {
        for await (const listed of listShards(ledger, 0, shards)) if (!whole.has(listed.shard)) yield listed;
      }
      for await (const { shard, rows } of foldEach(ledger, untold())) {
        const outcomes = [...rows.values()].map(({ outcome }) => outcome);
        const found = fresh(shard, Number.POSITIVE_INFINITY, outcomes);
        // It is folded once, and as a whole.
        told.delete(shard);
        if (found.length > 0) yield found;
      }
    },
  };
}

/** A promise that others fulfil. */
function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
