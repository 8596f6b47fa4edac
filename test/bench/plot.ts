/** The headline as a picture: plain SVG, in the reader's light or dark. Rates on a logarithmic scale, so dots and not bars. */
import { type Headline, type Machine, measuredOn, rateText, type SeriesName, series, sizeText } from "./headline.ts";

const names = Object.keys(series) as SeriesName[];

const width = 800;
const height = 460;
const left = 8;
const plot = { left: 64, right: 784, top: 150, bottom: 396 } as const;

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .faint { fill: #57606a }
  .ratio { fill: #0969da; font-weight: 600 }
  .paper { fill: #ffffff }
  .line { stroke: #d0d7de }
  .limit { fill: #6e7781; stroke: #6e7781 }
  .md5 { fill: #0969da; stroke: #0969da }
  .crc64 { fill: #1a7f64; stroke: #1a7f64 }
  .sdk { fill: #bc4c00; stroke: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .faint { fill: #9198a1 }
    .ratio { fill: #58a6ff }
    .paper { fill: #0d1117 }
    .line { stroke: #30363d }
    .limit { fill: #9198a1; stroke: #9198a1 }
    .md5 { fill: #58a6ff; stroke: #58a6ff }
    .crc64 { fill: #3fb68b; stroke: #3fb68b }
    .sdk { fill: #f0883e; stroke: #f0883e }
  }`;

export function plotSvg({ concurrency, sizes }: Headline, machine: Machine, rounds: number): string {
  const rates = sizes.flatMap((size) => names.flatMap((name) => size.rates[name] ?? []));
  const from = Math.floor(Math.log10(Math.min(...rates, 1000)));
  const upTo = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...rates, 1))));
  const yOf = (rate: number) => plot.bottom - ((Math.log10(rate) - from) / (upTo - from)) * (plot.bottom - plot.top);
  const group = (plot.right - plot.left) / Math.max(1, sizes.length);

  const legend = names.map((name, n) => {
    const [x, y] = [left + 5 + (n % 2) * 360, 52 + Math.floor(n / 2) * 20];
    return `<circle class="${name}" cx="${x}" cy="${y - 4}" r="5"/>${text(x + 12, y, series[name])}`;
  });
  const grid = Array.from({ length: upTo - from + 1 }, (_, n) => {
    const rate = 10 ** (from + n);
    const y = round(yOf(rate));
    return `<line class="line" x1="${plot.left}" x2="${plot.right}" y1="${y}" y2="${y}"/>${text(plot.left - 8, y + 4, rateText(rate), "end", "faint")}`;
  });
  const groups = sizes.map(({ label, rates, toLimit, toSdk }, at) => {
    const middle = plot.left + (at + 0.5) * group;
    const dots = names.map((name, n) => {
      const rate = rates[name];
      const x = round(middle + (n - (names.length - 1) / 2) * (group / (names.length + 0.6)));
      if (rate === undefined) return text(x, plot.bottom - 6, "–", "middle", "faint");
      const y = round(yOf(rate));
      const stem = `<line class="${name}" x1="${x}" x2="${x}" y1="${plot.bottom}" y2="${y}" stroke-width="2" opacity="0.35"/>`;
      return `${stem}<circle class="${name}" cx="${x}" cy="${y}" r="5"/>${text(x, y - 10, rateText(rate), "middle")}`;
    });
    const ratios = [
      toLimit === undefined ? "no ratio to the limit" : `${toLimit.median.toFixed(2)} × the limit`,
      toSdk === undefined ? "no ratio to the SDK" : `${toSdk.median.toFixed(toSdk.median < 10 ? 2 : 0)} × the SDK`,
    ];
    return [
      ...ratios.map((ratio, n) => text(middle, 100 + n * 16, ratio, "middle", "ratio")),
      ...dots,
      text(middle, plot.bottom + 20, sizeText(label), "middle"),
    ].join("\n  ");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Objects copied a second, by size">
  <style>${style}
  </style>
  <rect class="paper" width="${width}" height="${height}"/>
  ${text(left, 26, `Objects a second, by size, concurrency ${concurrency} (logarithmic)`, "start", "title")}
  ${[...legend, ...grid, ...groups].join("\n  ")}
  ${text(left, height - 14, `The ratios are of content-md5, round by round. ${measuredOn(machine, rounds)}.`, "start", "faint")}
</svg>
`;
}

const round = (value: number) => Math.round(value * 10) / 10;

function text(x: number, y: number, content: string, anchor = "start", kind = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const how = `${anchor === "start" ? "" : ` text-anchor="${anchor}"`}${kind === "" ? "" : ` class="${kind}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${how}>${escaped}</text>`;
}
