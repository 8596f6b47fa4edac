/** A certificate as one page that needs nothing else: no script, no font, no address; for mail, a disk, or paper. */

import { counted, formatCount, verbOf } from "../vocabulary/counted.ts";
import { type Certificate, type CertifiedList, certifiedProofs } from "./certificate.ts";
import { contentSecurityPolicy } from "./html-policy.ts";
import { pageStyle } from "./html-style.ts";
import { type Html, html } from "./html-text.ts";
import { formatBytes } from "./quantity.ts";

const proofs: Readonly<Record<(typeof certifiedProofs)[number], string>> = {
  "content-md5": "the MD5 of the bytes is one",
  crc64: "the CRC64 of the bytes is one",
  etag: "one ETag that is no MD5, of bytes uploaded in the same parts",
  "recorded-crc64": "the archive's metadata has the CRC64 that the bytes were proven by as they were stored",
  size: "only the length could be compared",
};

/** The whole page. Every value is escaped: keys and messages are data. */
export function certificateHtml(certificate: Certificate): string {
  const { agreed, by, run } = certificate;
  const title = `${agreed ? "Agreed" : "Not agreed"}: ${by === "check" ? "check of an archive" : `verify of run ${run ?? ""}`}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy({ styles: [pageStyle.html], scripts: [] })}">
<title>${title}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<p class="state ${agreed ? "complete" : "halted"}">${agreed ? "Agreed" : "Not agreed"}</p>
<h1>Archive <span class="key"><bdi>${certificate.archive}</bdi></span></h1>
<p class="reason">${sentence(certificate)}</p>
<dl class="facts">${facts(certificate)}</dl>
</header>
${table("Found", "Of the objects that were compared", found(certificate))}
${table("Proofs", "What is the same, by what it was found so by", proven(certificate))}
${certificate.lists.map(list)}
${table(
  "Requests",
  "Sent for it, by type",
  Object.entries(certificate.requests).filter(([, sent]) => sent > 0),
)}
${differences(certificate)}
</main>
</body>
</html>
`;
  return page.html;
}

function sentence({ by, agreed, deep, objects, same, replaced, oneWay, scope }: Certificate): string {
  const what = counted(objects, by === "check" ? "original" : "archived object");
  const how = deep ? ", their bytes read anew" : "";
  const others = scope?.leftOut ?? 0;
  const left =
    others > 0
      ? ` ${counted(others, "other")} ${verbOf(others, "was", "were")} left out, and nothing is said of ${verbOf(others, "it", "them")}.`
      : "";
  if (!agreed)
    return `Of ${what}${how}, ${formatCount(same)} ${verbOf(same, "is", "are")} in the archive as they should be.${left}`;
  const more = replaced > 0 ? ` ${formatCount(replaced)} of them were replaced by a later run.` : "";
  const extra = oneWay ? " What the archive alone holds was passed over." : "";
  return `${what}${how}: the archive holds all of them.${more}${left}${extra}`;
}

function facts({ source, run, ledger, archiveKey, scope, beganAt, endedAt, bytes, tool }: Certificate): Html[] {
  const fact = (name: string, value: string | null) =>
    value === null ? [] : [html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>`];
  return [
    ...fact("Source", source),
    ...fact("Run", run),
    ...fact("Ledger", ledger),
    ...fact("Archive keys", archiveKey),
    ...fact("In scope", scope === undefined ? null : scopeText(scope)),
    ...fact("Began", utc(beganAt)),
    ...fact("Ended", utc(endedAt)),
    ...fact("Bytes", formatBytes(bytes)),
    ...fact("Made by", tool),
  ];
}

/** Which part was verified, in words. */
function scopeText({ filter = [], minSize, maxSize, except }: NonNullable<Certificate["scope"]>): string {
  return [
    ...filter,
    ...(minSize === undefined ? [] : [`of at least ${formatBytes(minSize)}`]),
    ...(maxSize === undefined ? [] : [`of at most ${formatBytes(maxSize)}`]),
    ...(except === undefined ? [] : [`but what ${except} names`]),
  ].join("; ");
}

type Row = readonly [name: string, value: number];

function found({ by, same, missing, differs, extra, uncompared, replaced, gone }: Certificate): Row[] {
  return [
    ["the same", same],
    ["missing in the archive", missing],
    ["another object in the archive", differs],
    ["could not be compared", uncompared],
    ...(by === "check"
      ? ([
          ["in the archive alone", extra],
          ["deleted from the source meanwhile", gone],
        ] as const)
      : ([["replaced by a later run", replaced]] as const)),
  ];
}

const proven = ({ proofs: counts }: Certificate): Row[] =>
  certifiedProofs.filter((proof) => counts[proof] > 0).map((proof) => [`${proof}: ${proofs[proof]}`, counts[proof]]);

function table(title: string, meaning: string, rows: readonly Row[]): Html {
  if (rows.length === 0) return html``;
  const lines = rows.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td class="number">${formatCount(value)}</td></tr>`,
  );
  return html`<section>
<table><caption><strong>${title}</strong> ${meaning}</caption><tbody>${lines}</tbody></table>
</section>`;
}

function list({ of, address, objects, bytes, newest, sha256 }: CertifiedList): Html {
  const latest =
    newest === null
      ? []
      : html`<div><dt>Newest</dt><dd>${utc(newest.lastModified)} <span class="key"><bdi>${newest.key}</bdi></span></dd></div>`;
  return html`<section>
<h2>List of the ${of}</h2>
<dl class="facts">
<div><dt>Address</dt><dd><bdi>${address}</bdi></dd></div>
<div><dt>Objects</dt><dd class="number">${formatCount(objects)}</dd></div>
<div><dt>Bytes</dt><dd>${formatBytes(bytes)}</dd></div>
${latest}
</dl>
<p class="meaning">SHA-256 <span class="key">${sha256}</span></p>
</section>
`;
}

function differences({ differences: named, missing, differs, extra, uncompared }: Certificate): Html {
  if (named.length === 0) return html``;
  const more = missing + differs + extra + uncompared - named.length;
  return html`<section aria-labelledby="differences">
<h2 id="differences">Differences</h2>
<details open>
<summary><span class="code">the first of them</span> <span class="number">${formatCount(named.length)}</span></summary>
<ul>${named.map(({ kind, key, message }) => html`<li class="key"><bdi>${kind}: ${key}</bdi> <bdi>${message}</bdi></li>`)}</ul>
${more > 0 ? html`<p class="meaning">and ${formatCount(more)} more</p>` : []}
</details>
</section>`;
}

/** `2024-05-01 23:59:59 UTC` */
const utc = (iso: string): string => `${iso.slice(0, 19).replace("T", " ")} UTC`;
