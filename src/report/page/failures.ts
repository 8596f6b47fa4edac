/** The rows that failed: by code, what it means, what to do, what the service said, and the first rows of each. */
import { type Html, html } from "../html-text.ts";
import { nextStep } from "../next-step.ts";
import type { Summary, SummaryFailure } from "../summary.ts";
import type { Words } from "../words/words.ts";
import { shareBar } from "./chart.ts";
import { isHopeless, type TextOf } from "./code-texts.ts";
import { command } from "./command.ts";

/** As many codes are open from the start. */
const open = 2;
/** Rows of each that are; the others of the first are a click away. */
const rowsOpen = 5;
/** And so many shown at all: names of the service that are in no catalogue may be many. */
const mostCodes = 50;

export function failures(summary: Summary, words: Words, textOf: TextOf): Html {
  const { failures: list, failed } = summary;
  if (list === null || list.length === 0) return html``;
  const shown = list.slice(0, mostCodes);
  const rows = shown.reduce((sum, failure) => sum + samplesOf(failure).length, 0);
  const step = nextStep(summary);
  return html`<section aria-labelledby="failures">
<h2 id="failures">${words.failures}</h2>
<p class="meaning">${words.failuresIntro(failed, list.length)}</p>
${step.kind === "redrive" ? command(step.command, words) : []}
<div class="search scripted">
<label>${words.search} <input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="${words.searchHint}"></label>
<label>${words.codeHeading} <select id="search-code"><option value="">${words.allCodes}</option>${shown.map(({ code }, index) => html`<option value="${index}">${code}</option>`)}</select></label>
<p id="found" role="status" data-of="${words.shown(-1, rows, failed - rows)}">${words.shown(rows, rows, failed - rows)}</p>
</div>
${shown.map((failure, index) => one(failure, index, failed, words, textOf))}
</section>`;
}

/** Of an older version there are keys alone, and of rows that could not be read what is wrong with each. */
function samplesOf({ samples, keys, messages }: SummaryFailure): NonNullable<SummaryFailure["samples"]> {
  return samples ?? keys.map((key, at) => ({ key, row: 0, message: messages?.[at] }));
}

function one(failure: SummaryFailure, index: number, failed: number, words: Words, textOf: TextOf): Html {
  const { code, count } = failure;
  const samples = samplesOf(failure);
  const text = textOf(code);
  const statuses = [...new Set(samples.flatMap(({ status }) => (status === undefined ? [] : [status])))];
  const said = statuses.map((status) => (status === 0 ? words.noReply : `HTTP ${status}`)).join(", ");
  const facts = [
    [words.meaning, text?.means ?? words.unknownCode],
    ...(text?.advice === undefined ? [] : [[words.whatToDo, text.advice]]),
  ] as const;
  const more = count - samples.length;
  return html`<details class="failure" data-code="${index}"${index < open ? html` open` : []}>
<summary><span class="code">${code}</span> <span class="quiet">${said}</span> <span class="number">${words.count(count)}</span>${shareBar("failed", failed === 0 ? 0 : count / failed)}</summary>
<dl class="advice">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="meaning">${isHopeless(code) ? words.leftByRedrive : words.retriedAnew} ${words.explain} <code>cos-originals explain ${code}</code></p>
<ol class="samples">${samples.slice(0, rowsOpen).map((sample) => row(sample, words))}</ol>${others(samples.slice(rowsOpen), words)}
${more > 0 ? html`<p class="meaning">${words.moreRows(more)}</p>` : []}
</details>
`;
}

function others(samples: NonNullable<SummaryFailure["samples"]>, words: Words): Html {
  if (samples.length === 0) return html``;
  return html`
<details class="more"><summary>${words.moreShown(samples.length)}</summary>
<ol class="samples">${samples.map((sample) => row(sample, words))}</ol></details>`;
}

function row(
  { key, row: at, versionId, status, message, requestId }: NonNullable<SummaryFailure["samples"]>[number],
  words: Words,
): Html {
  const quiet = [
    ...(at > 0 ? [words.rowNumber(at)] : []),
    ...(status === undefined || status === 0 ? [] : [`HTTP ${status}`]),
    ...(versionId === undefined ? [] : [`versionId ${versionId}`]),
    ...(requestId === undefined ? [] : [`${words.requestId} ${requestId}`]),
  ].join(" · ");
  return html`<li><bdi class="key">${key}</bdi>${message === undefined || message === "" ? [] : html` <bdi class="message">${message}</bdi>`}${quiet === "" ? [] : html` <bdi class="quiet">${quiet}</bdi>`}</li>
`;
}
