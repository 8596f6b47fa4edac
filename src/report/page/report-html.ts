/**
 * report.html: one page that needs nothing else, no font, no address, so that it can be sent by mail and opened from a disk. It is whole
 * without a script, readable on a phone and on paper, in light and in dark; its own script only finds, points and comes closer.
 */
import type { Language } from "../../vocabulary/language.ts";
import { contentSecurityPolicy } from "../html-policy.ts";
import { type Html, html } from "../html-text.ts";
import type { Summary } from "../summary.ts";
import { wordsOf } from "../words/words.ts";
import { englishTextOf, type TextOf } from "./code-texts.ts";
import { distributions } from "./distributions.ts";
import { failures } from "./failures.ts";
import { counts, facts, head } from "./head.ts";
import { overTime } from "./over-time.ts";
import { deleted, files, type PageFile, proofs, reasons, requests } from "./rest.ts";
import { pageScript } from "./script.ts";
import { reportStyle } from "./style.ts";

export interface PageOptions {
  /** Default: English. */
  readonly language?: Language | undefined;
  /** What codes mean, in that language; in English where it is not given. */
  readonly textOf?: TextOf | undefined;
  /** What lies beside the page. */
  readonly files?: readonly PageFile[] | undefined;
  /** There are more files than are named. */
  readonly moreFiles?: boolean | undefined;
  /** A script more, which may ask whoever served the page: of a page that is shown while the run goes on. */
  readonly live?: string | undefined;
}

/** The whole page. Every value of the summary is escaped: keys and messages are data. */
export function reportHtml(summary: Summary, options: PageOptions = {}): string {
  const words = wordsOf(options.language ?? "en");
  return pageHtml(words.title(words.states[summary.state], summary.run), reportMain(summary, options), options);
}

/** What stands in the page's `<main>`; put in anew while a run goes on. */
export function reportMain(
  summary: Summary,
  { language = "en", textOf = englishTextOf, files: beside = [], moreFiles = false }: PageOptions = {},
): Html {
  const words = wordsOf(language);
  return html`${head(summary, words)}
${counts(summary, words)}
${failures(summary, words, textOf)}
${facts(summary, words)}
${overTime(summary, words)}
${distributions(summary, words)}
${deleted(summary, words)}
${reasons(summary, words, textOf)}
${requests(summary, words)}
${proofs(summary, words)}
${files(beside, moreFiles, words)}`;
}

/** A page around it. */
export function pageHtml(
  title: string,
  main: Html,
  { language = "en", live }: Pick<PageOptions, "language" | "live">,
): string {
  const scripts = [pageScript, ...(live === undefined ? [] : [live])];
  const policy = contentSecurityPolicy({ styles: [reportStyle], scripts, connects: live !== undefined });
  return html`<!doctype html>
<html lang="${wordsOf(language).htmlLang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ html: reportStyle }}</style>
</head>
<body>
<main>
${main}
</main>
${scripts.map(
  (script) => html`<script>${{ html: script }}</script>
`,
)}</body>
</html>
`.html;
}
