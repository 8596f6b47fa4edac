/** The style of the pages. Colours keep a contrast of 4.5 : 1 on their grounds, in both schemes; what is drawn one of 3 : 1. */
export const reportStyle = `
:root { color-scheme: light dark; --ground: #fff; --card: #f5f6f8; --text: #1b1f24; --quiet: #59626e; --line: #d8dce2; --link: #0a58ca;
  --archived: #1a7f37; --skipped: #6b7580; --failed: #c0202b; --pending: #8a5a00; --flow: #2a6fdb; --retries: #b35900; --throttled: #8b2fb8; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #111418; --card: #1b2027; --text: #e8ebef; --quiet: #a3adb9; --line: #343c47; --link: #7fb2ff;
    --archived: #4cc46b; --skipped: #8d97a3; --failed: #ff7b80; --pending: #e0b040; --flow: #6aa5ff; --retries: #f0a050; --throttled: #d79bf5; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: .5rem 0 .75rem; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
section { margin-top: 2rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
p { margin: .5rem 0; }
dl { margin: 0; } dd { margin: 0; overflow-wrap: anywhere; }
dt { color: var(--quiet); font-size: .85rem; }
a { color: var(--link); overflow-wrap: anywhere; }
code, .key { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
.key { overflow-wrap: anywhere; white-space: pre-wrap; }
.quiet, .meaning, .quiet th { color: var(--quiet); font-size: .85rem; }
.number { font-variant-numeric: tabular-nums; }
.scripted { display: none; }
.has-script .scripted { display: revert; }
:focus-visible { outline: 3px solid var(--flow); outline-offset: 2px; }

.eyebrow { margin: 0; display: flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center; color: var(--quiet); }
.eyebrow .key { color: var(--text); }
.state { padding: .05rem .7rem; border: 1px solid; border-radius: 1rem; font-weight: 600; font-size: .9rem; }
.complete { color: var(--archived); } .running { color: var(--quiet); }
.incomplete, .cancelled { color: var(--pending); } .halted, .with-failures { color: var(--failed); }
.lead { font-size: 1.05rem; }
.reason, .note { padding: .5rem .75rem; border-left: 4px solid var(--failed); background: var(--card); overflow-wrap: anywhere; }
.note { border-color: var(--pending); }
.command { display: flex; gap: .5rem; align-items: flex-start; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
.command code { flex: 1; overflow-wrap: anywhere; user-select: all; }
button, input, select { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--skipped); border-radius: .375rem; padding: .2rem .6rem; min-height: 2.25rem; }
button { cursor: pointer; font-size: .85rem; }

.parts { display: block; width: 100%; height: .75rem; border-radius: .375rem; background: var(--line); }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: .75rem 0; }
.count { padding: .75rem; border-radius: .5rem; background: var(--card); border-top: 3px solid var(--line); }
.count.archived { border-color: var(--archived); } .count.skipped { border-color: var(--skipped); }
.count.failed { border-color: var(--failed); } .count.pending { border-color: var(--pending); }
.count .number { font-size: 1.6rem; font-weight: 650; line-height: 1.2; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .75rem 1.25rem; }
.wide { grid-column: 1 / -1; }

rect.archived, path.archived { fill: var(--archived); } rect.skipped, path.skipped { fill: var(--skipped); }
rect.failed, path.failed { fill: var(--failed); } rect.pending, path.pending { fill: var(--pending); }
rect.busy, path.busy, rect.bytes, path.bytes, path.rows, path.cost, path.seconds { fill: var(--flow); }
rect.retries, path.retries { fill: var(--retries); } rect.throttled, path.throttled { fill: var(--throttled); }

.charts, .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.25rem 2rem; }
.columns > * { min-width: 0; }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
figcaption .number { color: var(--quiet); font-size: .85rem; }
.plot { display: block; width: 100%; height: 7rem; background: var(--card); border-radius: .25rem; touch-action: pan-y; }
.has-script .plot { cursor: crosshair; }
.plot .grid, .plot .gap, .plot .cursor, .plot .chosen { fill: none; stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.plot .base { stroke: var(--skipped); }
.plot .gap { stroke: var(--quiet); stroke-dasharray: 3 3; }
.plot .cursor { stroke: var(--text); }
.plot .chosen { fill: var(--flow); fill-opacity: .25; stroke: none; }
.axis { display: flex; justify-content: space-between; gap: 1rem; margin: .1rem 0 0; color: var(--quiet); font-size: .8rem; font-variant-numeric: tabular-nums; }
.legend { margin: 0; font-size: .85rem; } .legend > span { margin-right: 1rem; white-space: nowrap; }
.swatch { width: .7rem; height: .7rem; }
.readout { display: none; }
.has-script .readout { display: block; margin: 0; min-height: 1.3rem; font-size: .85rem; font-variant-numeric: tabular-nums; }

table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 400; overflow-wrap: anywhere; } td { text-align: right; white-space: nowrap; }
thead th { font-weight: 600; overflow-wrap: normal; } thead th:not(:first-child):not(.bar) { text-align: right; }
th, td { border-top: 1px solid var(--line); padding: .3rem .25rem; vertical-align: top; }
thead th { border-top: 0; }
td + td, th + td { padding-left: .75rem; }
td.bar { width: 40%; } td.bar svg { display: block; width: 100%; height: .6rem; margin-top: .45rem; }
.sum th, .sum td { font-weight: 600; white-space: normal; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .5rem; margin-bottom: .75rem; }
.tiles div { display: flex; flex-direction: column; justify-content: space-between; padding: .5rem .6rem; border-radius: .5rem; background: var(--card); }
.tiles .number { font-weight: 650; font-size: 1.1rem; }
.scroll { overflow: auto; max-height: 26rem; }
.wide-table { max-height: none; } .wide-table .key { white-space: nowrap; }
.scroll table { font-size: .85rem; white-space: nowrap; }
.scroll thead th { position: sticky; top: 0; background: var(--ground); white-space: normal; vertical-align: bottom; min-width: 4.5rem; }

details { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 .75rem; }
details > :not(summary) { margin-left: .75rem; margin-right: .75rem; }
summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .75rem; padding: .5rem .75rem; cursor: pointer; overflow-wrap: anywhere; }
summary::before { content: "▸"; color: var(--quiet); } details[open] > summary::before { content: "▾"; }
summary .number { margin-left: auto; font-weight: 600; }
summary .share { flex-basis: 100%; width: 100%; height: .3rem; background: var(--line); border-radius: .15rem; }
.code { font-weight: 600; color: var(--failed); } .code.plain { color: inherit; }
.advice { display: grid; gap: .4rem; }
.samples { list-style: none; margin-top: .5rem; margin-bottom: .5rem; padding: 0; }
.samples li { border-top: 1px solid var(--line); padding: .35rem 0; }
details details { margin: 0 .75rem .5rem; border: 0; } details details > * { margin-left: 0 !important; margin-right: 0 !important; }
details details > summary { padding: .25rem 0; color: var(--quiet); font-size: .9rem; }
.samples .message, .samples .quiet { display: block; overflow-wrap: anywhere; }
.samples .message { font-size: .9rem; }
.search { margin: 1rem 0; }
.has-script .search { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
.search label { display: grid; gap: .15rem; color: var(--quiet); font-size: .85rem; min-width: 0; }
.search label:first-child { flex: 1 1 16rem; }
.search input, .search select { width: 100%; color: var(--text); }
.search p { margin: 0; min-width: 10rem; color: var(--quiet); font-size: .85rem; }
.files { display: grid; gap: .75rem; }

.strip { display: flex; flex-wrap: wrap; gap: .3rem; list-style: none; padding: 0; margin: 1rem 0 .5rem; }
.strip svg { display: block; width: 1.5rem; height: 2.25rem; }
.night .outline { fill: none; stroke: currentColor; stroke-width: 1.5; } .night .inner { fill: currentColor; }
.night.good { color: var(--archived); } .night.failed { color: var(--retries); } .night.bad { color: var(--failed); }
.keys { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; font-size: .85rem; }
.keys svg { width: .7rem; height: 1rem; vertical-align: middle; }

@media (max-width: 30rem) {
  h1 { font-size: 1.4rem; }
  td.bar { width: 25%; }
}
@media print {
  :root { --ground: #fff; --card: #fff; --text: #000; --quiet: #444; --line: #bbb; --link: #000;
    --archived: #1a7f37; --skipped: #6b7580; --failed: #c0202b; --pending: #8a5a00; --flow: #2a6fdb; --retries: #b35900; --throttled: #8b2fb8; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 1rem; padding-top: .75rem; }
  .has-script .scripted, .scripted, .readout, .has-script .readout, .numbers { display: none; }
  .columns, .charts { grid-template-columns: 1fr 1fr; }
  h2, h3, thead { break-after: avoid; } figure, .count, .samples li, tr, .tiles { break-inside: avoid; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; display: block; }
}
`;
