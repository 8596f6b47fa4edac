/** What was left alone, changed or deleted; requests and cost; proofs; files. */
import { notPreserved } from "../../vocabulary/choices.ts";
import { type Html, html } from "../html-text.ts";
import type { Summary } from "../summary.ts";
import type { Words } from "../words/words.ts";
import type { TextOf } from "./code-texts.ts";

/** As many of a hundred keys are shown. */
const keysShown = 10;

export function reasons({ figures }: Summary, words: Words, textOf: TextOf): Html {
  const list = figures?.reasons ?? [];
  if (list.length === 0) return html``;
  return html`<section aria-labelledby="reasons">
<h2 id="reasons">${words.reasons}</h2>
<p class="meaning">${words.reasonsIntro}</p>
${list.map(
  ({ code, count, samples }) => html`<details>
<summary><span class="code plain">${code}</span> <span class="quiet">${textOf(code)?.means ?? ""}</span> <span class="number">${words.count(count)}</span></summary>
<ol class="samples">${samples.map(({ key, row }) => html`<li><bdi class="key">${key}</bdi> <span class="quiet">${words.rowNumber(row)}</span></li>`)}</ol>
${count > samples.length ? html`<p class="meaning">${words.moreKeys(count - samples.length)}</p>` : []}
</details>
`,
)}
</section>`;
}

export function deleted({ deletedFromSource: found, deletedUnknown }: Summary, words: Words): Html {
  if (deletedUnknown !== undefined) {
    return section("deleted", words.deleted, html`<p>${words.deletedUnknown(deletedUnknown)}</p>`);
  }
  if (found === undefined || found.count === 0) return html``;
  const { count, keys, new: news, since } = found;
  const shown = keys.slice(0, keysShown);
  return section(
    "deleted",
    words.deleted,
    html`<p>${words.deletedText(count)} ${news === undefined || since === undefined ? "" : words.deletedNew(news, since)}</p>
<ol class="samples">${shown.map((key) => html`<li><bdi class="key">${key}</bdi></li>`)}</ol>
${count > shown.length ? html`<p class="meaning">${words.moreKeys(count - shown.length)}</p>` : []}`,
  );
}

export function requests({ requests: sent, retries, cost }: Summary, words: Words): Html {
  if (sent === null) return html``;
  const planned: Readonly<Record<string, number>> = cost?.plannedRequests ?? {};
  const types = [...new Set([...Object.keys(sent), ...Object.keys(planned)])].filter(
    (type) => (sent[type] ?? 0) + (planned[type] ?? 0) > 0,
  );
  const hasPlan = cost?.plannedRequests !== undefined;
  const cell = (value: string) => html`<td class="number">${value}</td>`;
  const line = (name: Html | string, before: string, now: string) =>
    html`<tr><th scope="row">${name}</th>${hasPlan ? cell(before) : []}${cell(now)}</tr>
`;
  const rows = types.map((type) =>
    line(
      html`${words.requestNames[type] ?? type} <span class="quiet">${type}</span>`,
      planned[type] === undefined ? "–" : words.count(planned[type]),
      words.count(sent[type] ?? 0),
    ),
  );
  const money = ({ from, upTo }: { readonly from: number; readonly upTo: number }) =>
    words.range(words.money(from, cost?.currency ?? ""), words.money(upTo, cost?.currency ?? ""));
  const costRow =
    cost === undefined
      ? []
      : [
          html`<tr class="sum"><th scope="row">${words.cost}</th>${hasPlan ? cell(cost.planned === null ? words.costUnplanned : money(cost.planned)) : []}${cell(money(cost.spent))}</tr>`,
        ];
  return section(
    "requests",
    words.requests,
    html`<table aria-labelledby="requests">
<thead class="quiet"><tr><th scope="col">${words.requestType}</th>${hasPlan ? html`<th scope="col">${words.planned}</th>` : []}<th scope="col">${words.sent}</th></tr></thead>
<tbody>${rows}${retries ? line(words.ofThemRetries, "", words.count(retries)) : []}${costRow}</tbody></table>
${cost === undefined ? [] : html`<p class="meaning">${words.costOf(cost.listPricesOf)}${cost.plannedRequests === undefined && cost.planned !== null ? ` ${words.planned}: ${money(cost.planned)}` : ""}</p>`}`,
  );
}

export function proofs({ proofs: list, archived }: Summary, words: Words): Html {
  if (list === null) return html``;
  const rows = Object.entries(list)
    .filter(([, count]) => count > 0)
    .map(
      ([name, count]) =>
        html`<tr><th scope="row"><strong>${name}</strong> ${words.proofNames[name] ?? ""}</th><td class="number">${words.count(count)}</td></tr>`,
    );
  if (rows.length === 0) return html``;
  return section(
    "proofs",
    words.proofs,
    html`<p class="meaning">${words.proofsIntro}</p>
<table aria-labelledby="proofs"><tbody>${rows}</tbody></table>
${archived === 0 ? [] : html`<p class="meaning">${words.notPreserved(notPreserved)}</p>`}`,
  );
}

export interface PageFile {
  /** Beside the page. */
  readonly name: string;
  readonly bytes?: number | undefined;
}

const kinds = ["failures", "deleted", "results", "summary"] as const;
/** Of one kind; a run of a billion rows has ten thousand. */
const filesShown = 12;

export function files(list: readonly PageFile[], hasMore: boolean, words: Words): Html {
  const groups = kinds
    .map((kind) => ({ kind, of: list.filter(({ name }) => name.startsWith(kind)) }))
    .filter(({ of }) => of.length > 0);
  if (groups.length === 0) return html``;
  return section(
    "files",
    words.files,
    html`<p class="meaning">${words.filesIntro}</p>
<dl class="files">${groups.map(
      ({ kind, of }) =>
        html`<div><dt>${words.fileKinds[kind]}</dt>${of
          .slice(0, filesShown)
          .map(
            ({ name, bytes }) =>
              html`<dd><a href="${name}">${name}</a>${bytes === undefined ? [] : html` <span class="quiet number">${words.bytes(bytes)}</span>`}</dd>`,
          )}${of.length > filesShown ? html`<dd class="quiet">${words.moreFiles(of.length - filesShown)}</dd>` : []}</div>`,
    )}</dl>${hasMore ? html`<p class="meaning">${words.yetMoreFiles}</p>` : []}`,
  );
}

const section = (id: string, title: string, content: Html): Html => html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>`;
