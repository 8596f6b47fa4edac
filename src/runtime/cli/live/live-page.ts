/** A run's report, as a page that moves. */
import { type PageOptions, reportHtml, reportMain } from "../../../report/page/report-html.ts";
import type { Summary } from "../../../report/summary.ts";
import { liveScript } from "./live-script.ts";
import type { LivePage } from "./live-server.ts";

/** @param at when it was looked at */
export function livePage(summary: Summary, at: Date, how: Pick<PageOptions, "language" | "textOf"> = {}): LivePage {
  const title = `${summary.state}: run ${summary.run}`;
  const time = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const { html: main } = reportMain(summary, how);
  return {
    html: reportHtml(summary, { ...how, live: liveScript }),
    news: JSON.stringify({ title, main, at: time, over: summary.state === "complete" }),
  };
}
