/** What the benchmark says: each cell's rates, then the ratios that matter. */
import type { SizeLabel } from "./bodies.ts";
import { ratio, type Spread } from "./numbers.ts";
import type { Cell, Result } from "./race.ts";

export interface Ratios {
  readonly label: SizeLabel;
  readonly concurrency: number;
  /** Against the best of the limit's forms; undefined where one of the two can't be compared. */
  readonly md5ToLimit: Spread | undefined;
  readonly crc64ToLimit: Spread | undefined;
  readonly askingToLimit: Spread | undefined;
  /** Against the same path over undici's client. */
  readonly md5ToUndici: Spread | undefined;
  readonly crc64ToUndici: Spread | undefined;
  readonly md5ToSdk: Spread | undefined;
  /** Archives in other stores against one in COS, content-md5. */
  readonly s3ToCos: Spread | undefined;
  readonly folderToCos: Spread | undefined;
}

export const isUsable = ({ failure, wrong, rates }: Result) => failure === undefined && wrong === 0 && rates.length > 0;

export function best(results: readonly Result[], kind: Result["kind"]): Result | undefined {
  const kin = results.filter((result) => result.kind === kind && isUsable(result));
  return kin.sort((a, b) => b.rate.median - a.rate.median)[0];
}

/** No ratio is made of a cell in which any object was wrong: whoever is fast and wrong is not fast. */
export function ratiosOf({ label, concurrency, results }: Cell): Ratios {
  const named = (name: string) => results.find((result) => result.name === name && isUsable(result));
  const honest = results.every(({ wrong }) => wrong === 0);
  const to = (of: Result | undefined, against: Result | undefined) =>
    honest && of !== undefined && against !== undefined ? ratio(of.rates, against.rates) : undefined;
  const limit = best(results, "limit");
  return {
    label,
    concurrency,
    md5ToLimit: to(named("content-md5"), limit),
    crc64ToLimit: to(named("crc64"), limit),
    askingToLimit: to(named("asking"), limit),
    md5ToUndici: to(named("content-md5"), named("undici-md5")),
    crc64ToUndici: to(named("crc64"), named("undici-crc64")),
    md5ToSdk: to(named("content-md5"), best(results, "sdk")),
    s3ToCos: to(named("s3-md5"), named("content-md5")),
    folderToCos: to(named("folder-md5"), named("content-md5")),
  };
}

const number = (value: number) =>
  Number.isNaN(value)
    ? "–"
    : value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

/** Of a column; one more than its title has at most, so that titles stand apart. */
const width = 12;
const column = (text: string, width: number) => text.padStart(width);

export function cellText({ label, concurrency, results }: Cell): string {
  const lines = [`\n${label}, concurrency ${concurrency}`];
  lines.push(
    `  ${"".padEnd(14)}${[
      "objects/s",
      "least",
      "most",
      "MB/s",
      "CPU µs/obj",
      "RSS MB",
      "GET",
      "HEAD",
      "PUT",
      "ledger",
      "store",
    ]
      .map((name) => column(name, width))
      .join("")}`,
  );
  for (const result of results) {
    const { name, rate, failure, wrong, requests } = result;
    if (failure !== undefined) {
      lines.push(`  ${name.padEnd(14)} not measured: ${failure.split("\n")[0]}`);
      continue;
    }
    const values = [
      rate.median,
      rate.least,
      rate.most,
      result.megabytesPerSecond,
      1000 * result.cpuMsPerObject,
      result.peakRssMB,
    ];
    const each = [requests.get, requests.head, requests.put, requests.ledger].map((value) => value.toFixed(3));
    const load = `${Math.round(100 * result.storeLoad)} %`;
    const cells = [...values.map(number), ...each, load].map((text) => column(text, width)).join("");
    lines.push(`  ${name.padEnd(14)}${cells}${wrong > 0 ? `   ${wrong} OBJECTS WRONG` : ""}`);
  }
  return lines.join("\n");
}

export function ratiosText(all: readonly Ratios[]): string {
  const shown = (spread: Spread | undefined) =>
    spread === undefined
      ? "refused"
      : `${spread.median.toFixed(2)} (${spread.least.toFixed(2)}–${spread.most.toFixed(2)})`;
  const rows = all.map((ratios) =>
    [
      `${ratios.label} × ${ratios.concurrency}`,
      shown(ratios.md5ToLimit),
      shown(ratios.crc64ToLimit),
      shown(ratios.askingToLimit),
      shown(ratios.md5ToUndici),
      shown(ratios.crc64ToUndici),
      shown(ratios.md5ToSdk),
      shown(ratios.s3ToCos),
      shown(ratios.folderToCos),
    ].map((text, index) => (index === 0 ? text.padEnd(14) : column(text, 22))),
  );
  const head = [
    "",
    "content-md5 / limit",
    "crc64 / limit",
    "asking / limit",
    "content-md5 / undici",
    "crc64 / undici",
    "content-md5 / SDK",
    "S3 / COS",
    "folder / COS",
  ];
  const titles = head.map((text, index) => (index === 0 ? text.padEnd(14) : column(text, 22)));
  return [
    "\nRatios, median of paired rounds (least–most)",
    ...[titles, ...rows].map((row) => `  ${row.join("")}`),
  ].join("\n");
}
