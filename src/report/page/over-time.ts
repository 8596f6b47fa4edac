/** What happened when: four charts over one time, and the same as a table. */
import { type Html, html } from "../html-text.ts";
import type { Summary } from "../summary.ts";
import type { Words } from "../words/words.ts";
import { barChart, type Layout, layoutOf, type Series } from "./chart.ts";

type Timeline = NonNullable<Summary["figures"]>["timeline"];

export function overTime({ figures }: Summary, words: Words): Html {
  if (figures === undefined || figures.timeline.at.length === 0) return html``;
  const { timeline, unknownRows } = figures;
  const { at, seconds, untold } = timeline;
  const width = words.seconds(seconds);
  const notes = [
    ...(unknownRows > 0 ? [words.unknownRows(unknownRows)] : []),
    ...(untold > 0 ? [words.untold] : []),
  ].map((note) => html`<p class="note">${note}</p>`);
  if (at.length < 2) {
    return html`<section aria-labelledby="over-time">
<h2 id="over-time">${words.overTime}</h2>
<p class="meaning">${words.tooShort(width)}</p>${notes}
</section>`;
  }
  return html`<section aria-labelledby="over-time">
<h2 id="over-time">${words.overTime}</h2>
<p class="meaning">${words.overTimeIntro(width)} <span class="scripted">${words.overTimeTouch}</span></p>${notes}
${charts(timeline, words)}
${table(timeline, words)}
</section>`;
}

function charts(timeline: Timeline, words: Words): Html {
  const { at, seconds, bytes, busyMs, retries, throttled } = timeline;
  const layout = layoutOf(at.map((second) => second / seconds));
  const rate = (counts: readonly number[]) => counts.map((count) => count / seconds);
  const peakOf = (series: readonly Series[]) =>
    Math.max(...at.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0)));
  const meanOf = (series: readonly Series[]) => sumOf(series.flatMap(({ values }) => values)) / at.length;
  const one = (id: keyof Words["charts"], series: readonly Series[], show: (value: number) => string) => {
    const [peak, mean] = [show(peakOf(series)), show(meanOf(series))];
    const describe = words.chartDescriptions;
    const description =
      id === "retries"
        ? describe.retries(words.count(sumOf(retries)), words.count(sumOf(throttled)))
        : describe[id](peak, mean);
    const legend = series.length > 1 ? series.map(({ name }) => legendOf(name, words)) : [];
    return html`<figure>
<figcaption><strong>${words.charts[id]}</strong> <span class="number">${words.peak} ${peak}</span></figcaption>
${barChart(`chart-${id}`, { title: words.charts[id], description }, layout, series)}
${axis(timeline, layout, words)}
${legend.length > 0 ? html`<p class="legend">${legend}</p>` : []}<p class="readout" data-chart="${id}"></p>
</figure>`;
  };
  const perSecond = (value: number) => words.perSecond(words.count(rounded(value)));
  return html`<div class="charts">
${one(
  "objects",
  (["archived", "skipped", "failed"] as const)
    .filter((name) => sumOf(timeline[name]) > 0)
    .map((name) => ({ name, values: rate(timeline[name]) })),
  perSecond,
)}
${one("bytes", [{ name: "bytes", values: rate(bytes) }], (value) => words.perSecond(words.bytes(value)))}
${one("busy", [{ name: "busy", values: busyMs.map((ms) => ms / (seconds * 1000)) }], (value) => words.count(rounded(value)))}
${one(
  "retries",
  [
    { name: "retries", values: rate(retries) },
    { name: "throttled", values: rate(throttled) },
  ],
  perSecond,
)}
</div>`;
}

const legendOf = (name: string, words: Words): Html =>
  html`<span><svg class="swatch" viewBox="0 0 8 8" aria-hidden="true"><rect class="${name}" width="8" height="8"/></svg> ${name === "retries" || name === "throttled" ? words[name] : words.outcomes[name as keyof Words["outcomes"]]}</span> `;

function axis({ at, seconds }: Timeline, { gaps }: Layout, words: Words): Html {
  const [first = 0, last = 0] = [at[0], at.at(-1)];
  const longest = gaps.reduce((most, { slots }) => Math.max(most, slots), 0);
  const between = longest > 0 ? html`<span>┊ ${words.gap(words.seconds(longest * seconds))}</span>` : html``;
  return html`<p class="axis"><span>${moment(first, last)}</span>${between}<span>${moment(last + seconds, first)}</span></p>`;
}

function table(timeline: Timeline, words: Words): Html {
  const { at, seconds, archived, skipped, failed, bytes, busyMs, retries, throttled } = timeline;
  const head = [
    words.time,
    words.outcomes.archived,
    words.outcomes.skipped,
    words.outcomes.failed,
    words.charts.objects,
    words.charts.bytes,
    words.charts.busy,
    words.retries,
    words.throttled,
  ];
  const rows = at.map((second, index) => {
    const of = (column: readonly number[]) => column[index] ?? 0;
    const ended = of(archived) + of(skipped) + of(failed);
    const cells = [
      words.count(of(archived)),
      words.count(of(skipped)),
      words.count(of(failed)),
      words.count(rounded(ended / seconds)),
      words.perSecond(words.bytes(of(bytes) / seconds)),
      words.count(rounded(of(busyMs) / (seconds * 1000))),
      words.count(of(retries)),
      words.count(of(throttled)),
    ];
    return html`<tr><th scope="row">${isoOf(second)}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
  });
  return html`<details class="numbers">
<summary>${words.asTable}</summary>
<div class="scroll" role="region" aria-label="${words.asTable}" tabindex="0"><table id="slots" data-places="${layoutOf(at.map((second) => second / seconds)).places.join(" ")}">
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>
</details>`;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** What is there is not called 0: a retry in twenty seconds is 0.05 a second. */
function rounded(value: number): number {
  if (value < 1) return Number(value.toPrecision(2));
  return value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
}

/** `2026-11-30 02:15:04`; @param second since the epoch */
const isoOf = (second: number): string => new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ");

/** With its day only where the other is on another. */
function moment(second: number, other: number): string {
  const [text, beside] = [isoOf(second), isoOf(other)];
  return text.slice(0, 10) === beside.slice(0, 10) ? text.slice(11) : text.slice(0, 16);
}
