/** What `runs` prints: a table for people, a document for scripts. */
import type { Cost, Prices } from "../../../policy/money/cost.ts";
import { costOfRun } from "../../../policy/money/run-cost.ts";
import { formatBytes, formatSeconds } from "../../../report/quantity.ts";
import { restoringText } from "../../../report/restoring-text.ts";
import type { RunOfLedger, RunsOfLedger } from "../../../run/inspect/runs.ts";
import type { Place } from "../../../run/messages/messages.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { formatCount } from "../../../vocabulary/counted.ts";

type Read = Extract<RunOfLedger, { readonly kind: "read" }>;

/** Null where the requests are not known: of a run that is not over. */
export function costOfRead({ summary, request }: Read, ledger: Place, prices: Prices): Cost | null {
  const { requests, bytes, plainBytes } = summary;
  if (requests === null) return null;
  const restores = request.options.fromArchive !== undefined;
  return costOfRun({ requests, bytes, plainBytes }, restores, prices, { archive: request.archive, ledger });
}

export function runsDocument({ runs, more }: RunsOfLedger, ledger: Place, prices: Prices) {
  return {
    schema: "cos-originals/runs@1",
    ledger: printAddress(ledger),
    more,
    runs: runs.map((one) => {
      if (one.kind === "unread") return { run: one.run, reason: one.reason };
      const { state, startedAt, endedAt, seconds, rows, archived, skipped, failed, pending, bytes, reason, restoring } =
        one.summary;
      const cost = costOfRead(one, ledger, prices);
      return {
        run: one.run,
        source: printAddress(one.request.source),
        archive: printAddress(one.request.archive),
        state,
        startedAt,
        endedAt,
        seconds,
        rows,
        archived,
        skipped,
        failed,
        pending,
        ...(restoring === undefined ? {} : { restoring }),
        bytes,
        cost: cost === null ? null : { currency: cost.currency, from: cost.from, upTo: cost.upTo },
        lastSignAt: one.lastSign === undefined ? null : new Date(one.lastSign).toISOString(),
        ...(reason === undefined ? {} : { reason }),
      };
    }),
  };
}

const columns = [
  "run",
  "began",
  "state",
  "took",
  "rows",
  "archived",
  "skipped",
  "failed",
  "pending",
  "bytes",
  "cost",
  "last sign",
] as const;
/** Words stand to the left, numbers to the right. */
const words: ReadonlySet<string> = new Set(["run", "began", "state", "last sign"]);

export function runsText(found: RunsOfLedger, ledger: Place, prices: Prices): readonly string[] {
  if (found.runs.length === 0) return [`no run is recorded below ${printAddress(ledger)}`];
  const read = found.runs.filter((one) => one.kind === "read");
  const table = read.length === 0 ? [] : [columns, ...read.map((one) => cellsOf(one, ledger, prices))];
  const widths = columns.map((_, at) => Math.max(...table.map((cells) => (cells[at] ?? "").length)));
  const lines = table.map((cells) =>
    columns
      .map((name, at) => {
        const cell = cells[at] ?? "";
        return words.has(name) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
      })
      .join("  ")
      .trimEnd(),
  );
  for (const one of found.runs) {
    if (one.kind === "unread") {
      lines.push(`${one.run}: ${one.reason}`);
      continue;
    }
    const { state, reason, restoring } = one.summary;
    if (reason !== undefined) lines.push(`${one.run}: ${reason}`);
    if (restoring !== undefined) lines.push(`${one.run}: ${restoringText(state, restoring)}`);
  }
  if (found.more > 0) {
    lines.push(`and ${formatCount(found.more)} older; --newest N shows more`);
  }
  return lines;
}

function cellsOf(one: Read, ledger: Place, prices: Prices): readonly string[] {
  const { run, summary, lastSign } = one;
  const { state, startedAt, seconds, rows, archived, skipped, failed, pending, bytes } = summary;
  const cost = costOfRead(one, ledger, prices);
  const counts = [rows, archived, skipped, failed, pending].map(formatCount);
  return [
    run,
    startedAt === null ? "-" : minuteOf(startedAt),
    state,
    seconds === null || state === "running" ? "-" : formatSeconds(seconds),
    ...counts,
    formatBytes(bytes),
    cost === null ? "-" : costText(cost),
    state === "complete" || lastSign === undefined ? "-" : minuteOf(new Date(lastSign).toISOString()),
  ];
}

/** `2026-11-30 02:15` */
const minuteOf = (iso: string): string => iso.slice(0, 16).replace("T", " ");

function costText({ currency, from, upTo }: Cost): string {
  const [least, most] = [from.toFixed(2), upTo.toFixed(2)];
  return `${least === most ? most : `${least}-${most}`} ${currency}`;
}
