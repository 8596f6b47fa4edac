/** How a run ended, what to do next, what was asked, and counts that add up. */

import { type Html, html } from "../html-text.ts";
import { nextStep, retellCommand } from "../next-step.ts";
import type { Summary } from "../summary.ts";
import type { Words } from "../words/words.ts";
import { partsBar } from "./chart.ts";
import { command } from "./command.ts";
import { printedOptions } from "./printed-options.ts";

const outcomes = ["archived", "skipped", "failed", "pending"] as const;

export function headline({ state, rows, failed, pending, archived, skipped }: Summary, words: Words): string {
  const { headlines } = words;
  switch (state) {
    case "complete":
      if (rows === 0) return headlines.empty;
      return failed > 0 ? headlines.failed(failed, rows) : headlines.complete(rows);
    case "running":
      return headlines.running(archived + skipped + failed, rows);
    case "incomplete":
    case "halted":
    case "cancelled":
      return headlines[state](pending, rows);
  }
}

/** Of pending rows that wait until their originals are restored; undefined where there are none. */
export const restoringNote = ({ state, restoring }: Summary, words: Words): string | undefined =>
  restoring && words.restoring(state, { ...restoring, lookAt: words.utc(restoring.lookAt) });

export function head(summary: Summary, words: Words): Html {
  const { state, failed, run, reason, limited, undelivered } = summary;
  const restoring = restoringNote(summary, words);
  const step = nextStep(summary);
  return html`<header>
<p class="eyebrow"><span class="state ${state}${failed > 0 ? " with-failures" : ""}">${words.states[state]}</span> ${words.run} <bdi class="key">${run}</bdi></p>
<h1>${headline(summary, words)}</h1>
${reason === undefined ? [] : html`<p class="reason"><strong>${words.reason}</strong> <bdi>${reason}</bdi></p>`}
<p class="lead">${words.advice[step.kind]}</p>
${command(step.command, words)}
${restoring === undefined ? [] : html`<p class="note">${restoring}</p>`}
${limited ? html`<p class="note">${words.limited}</p>` : []}
${undelivered ? html`<p class="note">${words.undelivered(undelivered)} <code>${retellCommand(summary)}</code></p>` : []}
</header>`;
}

export function counts(summary: Summary, words: Words): Html {
  const { rows, atLeast } = summary;
  const parts = outcomes.map((name) => ({ name, count: summary[name] }));
  const bound = (name: (typeof outcomes)[number]) =>
    !atLeast ? "" : `${name === "pending" ? words.atMost : words.atLeast} `;
  const cells = parts.map(
    ({ name, count }) =>
      html`<div class="count ${name}"><dt>${words.outcomes[name]}</dt><dd class="number">${bound(name)}${words.count(count)}</dd><dd class="meaning">${words.meanings[name]}</dd></div>`,
  );
  return html`<section aria-labelledby="rows">
<h2 id="rows">${words.rows(rows)}</h2>
${partsBar(parts)}
<dl class="counts">${cells}</dl>
<p class="meaning number">${words.count(rows)} = ${parts.map(({ name, count }) => `${words.count(count)} ${words.outcomes[name]}`).join(" + ")}</p>
</section>`;
}

export function facts(summary: Summary, words: Words): Html {
  const { asked, writtenBy, manifest, redriveOf, startedAt, endedAt, seconds, bytes, archived } = summary;
  const { unchanged, recovered, atOnce, leftOut } = summary;
  const fact = (name: string, value: string | null | undefined, kind = "") =>
    value === null || value === undefined
      ? []
      : [html`<div class="${kind}"><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`];
  const perSecond =
    seconds === null || seconds === 0
      ? undefined
      : `${words.perSecond(words.objects(rounded(archived / seconds)))} · ${words.perSecond(words.bytes(bytes / seconds))}`;
  const left = (["filter", "except", "size", "age"] as const).flatMap((why) => {
    const count = leftOut?.[why] ?? 0;
    return count === 0 ? [] : [`${words.count(count)} ${words.leftOut[why]}`];
  });
  return html`<section aria-labelledby="facts">
<h2 id="facts">${words.facts}</h2>
<dl class="facts">
${fact(words.source, asked?.source)}${fact(words.archive, asked?.archive)}${fact(words.manifest, manifest)}${fact(words.ledger, asked?.ledger)}
${fact(words.redriveOf, redriveOf)}${fact(words.started, startedAt && words.utc(startedAt))}${fact(words.ended, endedAt && words.utc(endedAt))}
${fact(words.duration, seconds === null ? null : words.seconds(seconds))}${fact(words.volume, words.bytes(bytes))}${fact(words.rate, perSecond)}
${fact(words.atOnce, atOnce && words.range(words.count(atOnce.least), words.count(atOnce.most)))}
${fact(words.unchanged, unchanged ? words.unchangedText(unchanged) : null)}
${fact(words.recovered, recovered ? words.recoveredText(recovered) : null)}
${fact(words.leftOutHeading, left.length === 0 ? null : left.join(", "))}
${fact(words.options, asked === undefined ? null : printedOptions(asked.options) || words.noOptions, "wide")}
${fact(words.askedBy, asked?.tool)}${fact(words.writtenBy, writtenBy && [writtenBy.tool, writtenBy.host].filter(Boolean).join(", "))}
</dl>
</section>`;
}

const rounded = (value: number): number => (value < 100 ? Math.round(value * 10) / 10 : Math.round(value));
