/** The race in short: one concurrency, one line a size. What docs/performance.md and the plot show. */
import type { SizeLabel } from "./bodies.ts";
import type { Spread } from "./numbers.ts";
import type { Cell } from "./race.ts";
import { best, isUsable, ratiosOf } from "./table.ts";

export interface Headline {
  readonly concurrency: number;
  readonly sizes: readonly HeadlineSize[];
}

export interface HeadlineSize {
  readonly label: SizeLabel;
  /** Objects a second; undefined where it was not measured, or not right. */
  readonly rates: Readonly<Record<SeriesName, number | undefined>>;
  /** Undefined where refused. */
  readonly toLimit: Spread | undefined;
  /** To the same path over undici's client. */
  readonly toUndici: Spread | undefined;
  readonly toSdk: Spread | undefined;
}

export type SeriesName = "limit" | "md5" | "undici" | "crc64" | "sdk";

export const series: Readonly<Record<SeriesName, string>> = {
  limit: "undici alone: unsigned, unproven, unrecorded",
  md5: "cos-originals, proof content-md5",
  undici: "the same path over undici's client, proof content-md5",
  crc64: "cos-originals, proof crc64",
  sdk: "cos-nodejs-sdk-v5",
};

export interface Machine {
  readonly node: string;
  readonly cores: number;
}

export const measuredOn = ({ node, cores }: Machine, rounds: number): string =>
  `Node ${node}, ${cores} cores (the store on one of them), median of ${rounds} ${rounds === 1 ? "round" : "rounds"}`;

const shown = 16;

export function headlineOf(cells: readonly Cell[]): Headline {
  const concurrency = cells.some((cell) => cell.concurrency === shown) ? shown : (cells[0]?.concurrency ?? shown);
  const sizes = cells
    .filter((cell) => cell.concurrency === concurrency)
    .map((cell): HeadlineSize => {
      const named = (name: string) => cell.results.find((result) => result.name === name && isUsable(result));
      const { md5ToLimit, md5ToUndici, md5ToSdk } = ratiosOf(cell);
      const rates = {
        limit: best(cell.results, "limit")?.rate.median,
        md5: named("content-md5")?.rate.median,
        undici: named("undici-md5")?.rate.median,
        crc64: named("crc64")?.rate.median,
        sdk: best(cell.results, "sdk")?.rate.median,
      };
      return { label: cell.label, rates, toLimit: md5ToLimit, toUndici: md5ToUndici, toSdk: md5ToSdk };
    });
  return { concurrency, sizes };
}

export const sizeText = (label: SizeLabel): string => label.replace(/(?=[KM]iB)/, " ");

/** Three digits that mean something: 7,340, 122, 5.4. */
export const rateText = (rate: number): string =>
  rate.toLocaleString("en-US", { maximumFractionDigits: rate < 10 ? 2 : rate < 100 ? 1 : 0 });

export function headlineMarkdown({ concurrency, sizes }: Headline, machine: Machine, rounds: number): string {
  const rate = (value: number | undefined) => (value === undefined ? "–" : rateText(value));
  const times = (spread: Spread | undefined) => (spread === undefined ? "refused" : `${spread.median.toFixed(2)} ×`);
  return [
    `Objects a second, concurrency ${concurrency}; ${measuredOn(machine, rounds)}.`,
    "",
    "| size | limit | content-md5 | the same over undici | crc64 | SDK | content-md5 to limit | to undici | to SDK |",
    "|---|---|---|---|---|---|---|---|---|",
    ...sizes.map(({ label, rates, toLimit, toUndici, toSdk }) => {
      const values = [
        rate(rates.limit),
        `**${rate(rates.md5)}**`,
        rate(rates.undici),
        rate(rates.crc64),
        rate(rates.sdk),
      ];
      return `| ${sizeText(label)} | ${[...values, times(toLimit), times(toUndici), times(toSdk)].join(" | ")} |`;
    }),
  ].join("\n");
}
