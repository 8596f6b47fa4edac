/** How large the originals were and how long each took: percentiles, octave by octave, and the foremost of them. */
import { type Html, html } from "../html-text.ts";
import type { Summary } from "../summary.ts";
import type { Words } from "../words/words.ts";
import { shareBar } from "./chart.ts";

type Figures = NonNullable<Summary["figures"]>;
type Distribution = Figures["sizes"];

export function distributions({ figures }: Summary, words: Words): Html {
  if (figures === undefined || figures.sizes.count === 0) return html``;
  const { sizes, times, slowest, largest } = figures;
  return html`<section aria-labelledby="distributions">
<h2 id="distributions">${words.distributions}</h2>
<div class="columns">
${one("sizes", words.sizes, sizes, words.bytes, words)}
${one("times", words.times, times, words.took, words)}
</div>
<p class="meaning">${words.exactness}</p>
<div class="columns">
${top("largest", words.largest, largest, words)}
${top("slowest", words.slowest, slowest, words)}
</div>
</section>`;
}

function one(
  id: "sizes" | "times",
  title: string,
  distribution: Distribution,
  show: (value: number) => string,
  words: Words,
): Html {
  const { count, max } = distribution;
  const tiles = (["p50", "p95", "p99"] as const).map(
    (name) => html`<div><dt>${words.percentile[name]}</dt><dd class="number">${show(distribution[name])}</dd></div>`,
  );
  const octaves = octavesOf(distribution);
  const most = Math.max(...octaves.map((octave) => octave.count));
  const rows = octaves.map(
    ({ from, to, count: rows }) =>
      html`<tr><th scope="row">${from === to ? show(from) : words.bin(show(from), show(to))}</th><td class="bar">${shareBar("busy", rows / most)}</td><td class="number">${words.count(rows)}</td></tr>
`,
  );
  return html`<div>
<h3 id="${id}">${title}</h3>
<dl class="tiles">${tiles}<div><dt>${words.percentile[id]}</dt><dd class="number">${show(max)}</dd></div></dl>
<table aria-labelledby="${id}">
<thead class="quiet"><tr><th scope="col">${id === "sizes" ? words.size : words.tookHeading}</th><th scope="col" class="bar">${words.share}</th><th scope="col">${words.amount}</th></tr></thead>
<tbody>${rows}</tbody></table>
<p class="meaning">${words.rows(count)}</p>
</div>`;
}

/** Eighths of octaves made octaves, those between that are empty included. */
export function octavesOf({ from, counts }: Pick<Distribution, "from" | "counts">): {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}[] {
  const byOctave = new Map<number, number>();
  from.forEach((value, at) => {
    const octave = value === 0 ? -1 : Math.floor(Math.log2(value));
    byOctave.set(octave, (byOctave.get(octave) ?? 0) + (counts[at] ?? 0));
  });
  const known = [...byOctave.keys()].sort((a, b) => a - b);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return [];
  const octaves = [];
  for (let octave = first; octave <= last; octave++) {
    const [least, behind] = octave < 0 ? [0, 1] : [2 ** octave, 2 ** (octave + 1)];
    // Whole numbers: the last of 1 is 1, the last of 1 KiB a byte less than 2 KiB, which is said as 2 KiB.
    octaves.push({ from: least, to: behind <= 2 ? least : behind, count: byOctave.get(octave) ?? 0 });
  }
  return octaves;
}

function top(id: string, title: string, extremes: Figures["slowest"], words: Words): Html {
  const rows = extremes.map(
    ({ key, bytes, ms }) =>
      html`<tr><th scope="row" class="key"><bdi>${key}</bdi></th><td class="number">${words.bytes(bytes)}</td><td class="number">${words.took(ms)}</td></tr>
`,
  );
  return html`<div>
<h3 id="${id}">${title}</h3>
<table aria-labelledby="${id}">
<thead class="quiet"><tr><th scope="col">${words.key}</th><th scope="col">${words.size}</th><th scope="col">${words.tookHeading}</th></tr></thead>
<tbody>${rows}</tbody></table>
</div>`;
}
