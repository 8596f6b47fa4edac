/** A run's report, as a page that moves. */
import { createHash } from "node:crypto";
import { reportHtml } from "../../../report/html.ts";
import type { Summary } from "../../../report/summary.ts";
import { liveScript } from "./live-script.ts";
import type { LivePage } from "./live-server.ts";

const hash = createHash("sha256").update(liveScript).digest("base64");
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; connect-src 'self'; base-uri 'none'; form-action 'none'`;

/** @param at when it was looked at */
export function livePage(summary: Summary, at: Date): LivePage {
  const page = reportHtml(summary);
  const html = page
    .replace(/(<meta http-equiv="Content-Security-Policy" content=")[^"]*"/, (_, head: string) => `${head}${policy}"`)
    .replace("</body>", () => `<script>${liveScript}</script>\n</body>`);
  const main = page.slice(page.indexOf("<main>") + "<main>".length, page.lastIndexOf("</main>"));
  const title = `${summary.state}: run ${summary.run}`;
  const time = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  return { html, news: JSON.stringify({ title, main, at: time, over: summary.state === "complete" }) };
}
