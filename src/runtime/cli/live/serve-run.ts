/** `status RUN --serve`: the report of a run as a page that moves, on loopback, whoever works the run. */
import { textOfLanguage } from "../../../report/page/code-texts.ts";
import type { Summary } from "../../../report/summary.ts";
import { statusOf } from "../../../run/inspect/status.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import { ensureError, quote, UserError } from "../../../vocabulary/errors.ts";
import { type RecordedRun, surroundingsOfRun } from "../input/recorded-run.ts";
import { type ExitCode, exitCodeOfRun } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { livePage } from "./live-page.ts";
import { startLiveServer } from "./live-server.ts";
import { nextLookMs } from "./look-pace.ts";

export async function serveRun(recorded: RecordedRun, said: unknown, terminal: Terminal): Promise<ExitCode> {
  const port = portOf(said);
  const { id, place, json } = recorded;
  const { surroundings } = await surroundingsOfRun(recorded);
  const { language } = surroundings.settings;
  const how = { language, textOf: await textOfLanguage(language) };
  const clock = systemClock;
  const look = async () => {
    const from = clock.elapsed();
    const { ledger, summary } = await statusOf(place, id, surroundings, { full: true });
    return { summary, cost: { tookMs: clock.elapsed() - from, requests: ledger.requests() } };
  };
  let { summary, cost } = await look();
  const server = await startLiveServer(port, livePage(summary, new Date(clock.now()), how));
  const { signal, dispose } = onInterrupt(terminal, "It is shown no longer; the run itself goes on as it did.");
  try {
    terminal.note(`Run ${id} is shown at ${server.address} until Ctrl+C; looked at as long as the page is open.`);
    let failures = 0;
    while (summary.state !== "complete" && !signal.aborted) {
      await clock.sleep(nextLookMs(cost, summary.state === "running" ? "running" : "stopped", failures), signal);
      await server.viewer(signal);
      if (signal.aborted) break;
      try {
        ({ summary, cost } = await look());
        failures = 0;
        server.show(livePage(summary, new Date(clock.now()), how));
      } catch (thrown) {
        failures++;
        terminal.log.warn("The run could not be looked at; it is tried again.", {
          reason: ensureError(thrown).message,
        });
      }
    }
    if (!signal.aborted) {
      terminal.note(endOf(summary));
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
  } finally {
    await server.close();
    dispose();
  }
  if (json) terminal.out(JSON.stringify(summary));
  return exitCodeOfRun(summary, false);
}

const endOf = ({ run }: Summary): string => `The run ${run} is over; its page stays until Ctrl+C.`;

function portOf(said: unknown): number {
  if (said === true) return 0;
  const port = typeof said === "string" && /^\d{1,5}$/.test(said) ? Number(said) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new UserError(
    "InvalidSetting",
    `--serve ${quote(said)} is no port from 0 to 65535; --serve alone takes any that is free.`,
  );
}
