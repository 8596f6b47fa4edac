/** The runs of a ledger as one page: which nights went well, and how rows, bytes, failures, time and cost went from one to the next. */
import type { Language } from "../../vocabulary/language.ts";
import { type Html, html } from "../html-text.ts";
import { nextStep } from "../next-step.ts";
import type { Summary } from "../summary.ts";
import { type Words, wordsOf } from "../words/words.ts";
import { barChart, layoutOf } from "./chart.ts";
import { command } from "./command.ts";
import { headline, restoringNote } from "./head.ts";
import { pageHtml } from "./report-html.ts";

export type IndexedRun =
  | {
      readonly kind: "read";
      readonly run: string;
      readonly summary: Summary;
      /** Where its requests are known. */
      readonly cost?: { readonly currency: string; readonly from: number; readonly upTo: number } | undefined;
    }
  | { readonly kind: "unread"; readonly run: string; readonly reason: string };

export interface RunsPage {
  /** Its address. */
  readonly ledger: string;
  /** The newest first. */
  readonly runs: readonly IndexedRun[];
  /** Older ones that are not among them. */
  readonly more: number;
  /** ISO 8601 UTC. */
  readonly writtenAt: string;
  readonly language?: Language | undefined;
}

type Verdict = "good" | "failed" | "bad";

export function verdictOf(run: IndexedRun): Verdict {
  if (run.kind === "unread" || run.summary.state !== "complete") return "bad";
  return run.summary.failed > 0 ? "failed" : "good";
}

export function runsHtml({ ledger, runs, more, writtenAt, language = "en" }: RunsPage): string {
  const words = wordsOf(language);
  const inTime = [...runs].reverse();
  const read = inTime.filter((run) => run.kind === "read");
  const good = runs.filter((run) => verdictOf(run) === "good").length;
  const main = html`${header(ledger, runs, good, writtenAt, words)}
${runs.length === 0 ? [] : strip(inTime, words)}
${read.length < 2 ? [] : trends(read, words)}
${runs.length === 0 ? [] : table(runs, more, words)}`;
  return pageHtml(`${words.index.title} · ${ledger}`, main, { language });
}

function header(ledger: string, runs: readonly IndexedRun[], good: number, writtenAt: string, words: Words): Html {
  const { index } = words;
  const [newest] = runs;
  const lastGood = runs.find((run) => verdictOf(run) === "good");
  const when = lastGood?.kind === "read" ? (lastGood.summary.startedAt ?? "") : "";
  const last =
    runs.length === 0
      ? []
      : html`<p class="lead">${lastGood === undefined ? index.noneGood : index.lastGood(lastGood.run, words.utc(when))}</p>`;
  return html`<header>
<p class="eyebrow">${words.ledger} <bdi class="key">${ledger}</bdi></p>
<h1>${runs.length === 0 ? index.none : index.headline(runs.length, good)}</h1>
${last}
${newest === undefined || newest === lastGood ? [] : newestOf(newest, words)}
<p class="meaning">${index.written(words.utc(writtenAt))}</p>
</header>`;
}

function newestOf(run: IndexedRun, words: Words): Html {
  const { index } = words;
  if (run.kind === "unread") return html`<p class="reason">${index.newest(run.run)} <bdi>${run.reason}</bdi></p>`;
  const step = nextStep(run.summary);
  return html`<p>${index.newest(run.run)} ${headline(run.summary, words)} ${words.advice[step.kind]}</p>
${command(step.command, words)}`;
}

const block = (verdict: Verdict): Html =>
  html`<svg viewBox="0 0 16 24" aria-hidden="true"><rect class="outline" x="1" y="1" width="14" height="22" rx="2"/>${
    verdict === "bad"
      ? []
      : html`<rect class="inner" x="1" y="${verdict === "good" ? 1 : 12}" width="14" height="${verdict === "good" ? 22 : 11}" rx="2"/>`
  }</svg>`;

function strip(runs: readonly IndexedRun[], words: Words): Html {
  const { verdicts } = words.index;
  const items = runs.map((run) => {
    const verdict = verdictOf(run);
    const text = `${run.run} · ${verdicts[verdict]}`;
    return html`<li title="${text}"><a href="#run-${run.run}" class="night ${verdict}" aria-label="${text}">${block(verdict)}</a></li>`;
  });
  return html`<section aria-label="${words.index.strip}">
<ol class="strip">${items}</ol>
<p class="meaning">${words.index.strip}</p>
<ul class="keys">${(["good", "failed", "bad"] as const).map((verdict) => html`<li><span class="night ${verdict}">${block(verdict)}</span> ${verdicts[verdict]}</li>`)}</ul>
</section>`;
}

type Read = Extract<IndexedRun, { readonly kind: "read" }>;

function trends(runs: readonly Read[], words: Words): Html {
  const layout = layoutOf(runs.map((_, at) => at));
  const currency = runs.find(({ cost }) => cost !== undefined)?.cost?.currency ?? "";
  const one = (name: keyof Words["index"]["trend"], values: readonly number[], show: (value: number) => string) => {
    const title = words.index.trend[name];
    const [peak, latest] = [show(Math.max(...values)), show(values.at(-1) ?? 0)];
    const description = `${words.peak} ${peak} · ${words.index.latest} ${latest}`;
    return html`<figure>
<figcaption><strong>${title}</strong> <span class="number">${description}</span></figcaption>
${barChart(`trend-${name}`, { title, description }, layout, [{ name, values }])}
<p class="axis"><span>${dayOf(runs[0], words)}</span><span>${dayOf(runs.at(-1), words)}</span></p>
</figure>`;
  };
  const of = (value: (summary: Summary) => number) => runs.map(({ summary }) => value(summary));
  return html`<section aria-labelledby="trends">
<h2 id="trends">${words.index.trends}</h2>
<div class="columns">
${one(
  "rows",
  of(({ rows }) => rows),
  words.count,
)}
${one(
  "bytes",
  of(({ bytes }) => bytes),
  words.bytes,
)}
${one(
  "failed",
  of(({ failed }) => failed),
  words.count,
)}
${one(
  "seconds",
  of(({ seconds }) => seconds ?? 0),
  words.seconds,
)}
${one(
  "cost",
  runs.map(({ cost }) => cost?.upTo ?? 0),
  (value) => words.money(value, currency),
)}
</div>
</section>`;
}

const dayOf = (run: Read | undefined, words: Words): string => {
  const at = run?.summary.startedAt;
  return at ? words.utc(at).slice(0, 16) : "–";
};

function table(runs: readonly IndexedRun[], more: number, words: Words): Html {
  const { index, outcomes } = words;
  const head = [
    words.run,
    index.began,
    index.state,
    words.duration,
    index.trend.rows,
    outcomes.archived,
    outcomes.skipped,
    outcomes.failed,
    outcomes.pending,
    index.trend.bytes,
    words.cost,
  ];
  const rows = runs.map((run) => {
    if (run.kind === "unread") {
      return html`<tr id="run-${run.run}"><th scope="row" class="key">${run.run}</th><td colspan="${head.length - 1}">${index.unread} · <bdi>${run.reason}</bdi></td></tr>
`;
    }
    const { summary, cost } = run;
    const cells = [
      dayOf(run, words),
      words.states[summary.state],
      summary.seconds === null ? "–" : words.seconds(summary.seconds),
      ...[summary.rows, summary.archived, summary.skipped, summary.failed, summary.pending].map(words.count),
      words.bytes(summary.bytes),
      cost === undefined ? "–" : words.range(cost.from.toFixed(2), words.money(cost.upTo, cost.currency)),
    ];
    const restoring = restoringNote(summary, words);
    return html`<tr id="run-${run.run}"><th scope="row" class="key">${run.run}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>
${restoring === undefined ? [] : html`<tr><td></td><td colspan="${head.length - 1}">${restoring}</td></tr>\n`}`;
  });
  return html`<section aria-labelledby="all">
<h2 id="all">${index.table}</h2>
<div class="scroll wide-table" role="group" aria-labelledby="all" tabindex="0"><table aria-labelledby="all">
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>
${more > 0 ? html`<p class="meaning">${index.more(more)}</p>` : []}
</section>`;
}
