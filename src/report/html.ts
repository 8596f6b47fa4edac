/**
 * report.html: one page that needs nothing else, no script, no font, no address, so that it can be sent by mail and opened from
 * a disk. It is readable on a phone and on paper, in light and in dark.
 */

import { notPreserved } from "../vocabulary/choices.ts";
import { counted, formatCount } from "../vocabulary/counted.ts";
import { pageStyle } from "./html-style.ts";
import { type Html, html } from "./html-text.ts";
import { formatBytes, formatSeconds } from "./quantity.ts";
import type { RunState, Summary, SummaryFailure } from "./summary.ts";

const verdicts: Readonly<Record<RunState, string>> = {
  running: "Running",
  complete: "Complete",
  incomplete: "Incomplete",
  halted: "Halted",
  cancelled: "Cancelled",
};

const outcomes = [
  { name: "archived", meaning: "in the archive, proven" },
  { name: "skipped", meaning: "left alone" },
  { name: "failed", meaning: "not archived" },
  { name: "pending", meaning: "not over yet" },
] as const;

/** The whole page. Every value of the summary is escaped: keys and messages are data. */
export function reportHtml(summary: Summary): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${verdicts[summary.state]}: run ${summary.run}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<p class="state ${summary.state}${summary.failed > 0 ? " with-failures" : ""}">${verdict(summary)}</p>
<h1>Run <span class="key"><bdi>${summary.run}</bdi></span></h1>
${summary.reason === undefined ? [] : html`<p class="reason">${summary.reason}</p>`}
<dl class="facts">${facts(summary)}</dl>
</header>
${counts(summary)}
${failures(summary)}
${numbers("Proofs", "How the archived bytes were proven to be the original's", summary.proofs)}
${numbers("Requests", "By type; each is billed, whether it succeeds or not", requestsOf(summary))}
${summary.archived === 0 ? [] : html`<p class="meaning">Not preserved: ${notPreserved.join(" and ")} of the originals.</p>`}
</main>
</body>
</html>
`;
  return page.html;
}

function verdict({ state, failed }: Summary): string {
  if (state !== "complete" || failed === 0) return verdicts[state];
  return `Complete, ${formatCount(failed)} failed`;
}

function facts(summary: Summary): Html[] {
  const { startedAt, endedAt, seconds, bytes, archived, recovered, manifest, redriveOf } = summary;
  const { unchanged, deletedFromSource: deleted, deletedUnknown } = summary;
  const fact = (name: string, value: string | null | undefined) =>
    value === null || value === undefined ? [] : [html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`];
  const perSecond = seconds === null || seconds === 0 ? undefined : `${counted(round(archived / seconds), "object")}/s`;
  return [
    ...fact("Manifest", manifest),
    ...fact("Redrive of", redriveOf),
    ...fact("Started", utc(startedAt)),
    ...fact("Ended", utc(endedAt)),
    ...fact("Took", seconds === null ? null : formatSeconds(seconds)),
    ...fact("Archived", formatBytes(bytes)),
    ...fact("Rate", perSecond),
    ...fact("Unchanged", unchanged ? `${formatCount(unchanged)}, as listings tell, and in no CSV` : null),
    ...fact("Deleted from the source", deletedText(deleted, deletedUnknown)),
    ...fact("Recovered", recovered ? `${formatCount(recovered)} put by an earlier attempt` : null),
  ];
}

function deletedText(deleted: Summary["deletedFromSource"], unknown: string | undefined): string | undefined {
  if (unknown !== undefined) return `not looked for: ${unknown}`;
  if (deleted === undefined || deleted.count === 0) return undefined;
  const { count, new: those, since } = deleted;
  const news = those === undefined || since === undefined ? "" : `, ${formatCount(those)} of them since ${since}`;
  return `${formatCount(count)} still in the archive${news}`;
}

function counts(summary: Summary): Html {
  const shown = outcomes.filter(({ name }) => summary[name] > 0);
  const bar = shown.map(({ name }) => html`<span class="${name}" style="flex-grow:${summary[name]}"></span>`);
  const cells = outcomes.map(
    ({ name, meaning }) =>
      html`<div class="count ${name}"><dt>${name}</dt><dd class="number">${formatCount(summary[name])}</dd><dd class="meaning">${meaning}</dd></div>`,
  );
  return html`<section aria-labelledby="rows">
<h2 id="rows">${counted(summary.rows, "row")}</h2>
<div class="bar" aria-hidden="true">${bar}</div>
<dl class="counts">${cells}</dl>
</section>`;
}

function failures({ failures: list }: Summary): Html {
  if (list === null || list.length === 0) return html``;
  return html`<section aria-labelledby="failures">
<h2 id="failures">Failures</h2>
${list.map(failure)}
</section>`;
}

function failure({ code, count, keys, messages }: SummaryFailure): Html {
  const more = count - keys.length;
  return html`<details open>
<summary><span class="code">${code}</span> <span class="number">${formatCount(count)}</span></summary>
<ul>${(messages ?? keys).map((text) => html`<li class="key"><bdi>${text}</bdi></li>`)}</ul>
${more > 0 && keys.length > 0 ? html`<p class="meaning">and ${formatCount(more)} more, in the failures CSV</p>` : []}
</details>
`;
}

function numbers(title: string, meaning: string, values: Readonly<Record<string, number>> | null): Html {
  if (values === null) return html``;
  const rows = Object.entries(values).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td class="number">${formatCount(value)}</td></tr>`,
  );
  return html`<section>
<table><caption><strong>${title}</strong> ${meaning}</caption><tbody>${rows}</tbody></table>
</section>`;
}

function requestsOf({ requests, retries }: Summary): Readonly<Record<string, number>> | null {
  return requests === null || retries === null ? requests : { ...requests, "of them retries": retries };
}

/** `2024-05-01 23:59:59 UTC` */
function utc(iso: string | null): string | null {
  return iso === null ? null : `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

function round(value: number): number {
  return value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
}
