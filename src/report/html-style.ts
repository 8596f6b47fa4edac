import type { Html } from "./html-text.ts";

/** The style of report.html. Colours keep a contrast of 4.5 : 1 on their ground, in both schemes. */
export const pageStyle: Html = {
  html: `
:root { color-scheme: light dark; --ground: #fff; --card: #f5f6f8; --text: #1b1f24; --quiet: #5a6370; --line: #d8dce2;
  --archived: #1a7f37; --skipped: #57606a; --failed: #c0202b; --pending: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #111418; --card: #1b2027; --text: #e8ebef; --quiet: #a3adb9; --line: #343c47;
    --archived: #4cc46b; --skipped: #a3adb9; --failed: #ff7b80; --pending: #e0b040; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: .25rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .75rem; }
.state { display: inline-block; margin: 0; padding: .1rem .6rem; border: 1px solid; border-radius: 1rem; font-weight: 600; }
.complete { color: var(--archived); }
.running { color: var(--quiet); }
.incomplete, .cancelled { color: var(--pending); }
.halted, .with-failures { color: var(--failed); }
.reason { margin: 0 0 1rem; padding: .5rem .75rem; border-left: 4px solid var(--failed); background: var(--card); overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .5rem 1rem; margin: 0; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.bar { display: flex; gap: 2px; height: .75rem; border-radius: .375rem; overflow: hidden; background: var(--line); }
.bar span { flex-basis: 3px; }
.bar .archived { background: var(--archived); } .bar .skipped { background: var(--skipped); }
.bar .failed { background: var(--failed); } .bar .pending { background: var(--pending); }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: .75rem 0 0; }
.count { padding: .75rem; border-radius: .5rem; background: var(--card); border-top: 3px solid var(--line); }
.count.archived { border-color: var(--archived); } .count.skipped { border-color: var(--skipped); }
.count.failed { border-color: var(--failed); } .count.pending { border-color: var(--pending); }
.number { font-variant-numeric: tabular-nums; }
.count .number { font-size: 1.6rem; font-weight: 650; line-height: 1.2; }
.meaning, caption { color: var(--quiet); font-size: .85rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 .75rem; }
summary { display: flex; justify-content: space-between; gap: 1rem; padding: .5rem .75rem; cursor: pointer; overflow-wrap: anywhere; }
.code { font-weight: 600; color: var(--failed); }
details ul { list-style: none; margin: 0; padding: 0 .75rem .5rem; }
details p { margin: 0; padding: 0 .75rem .5rem; }
.key { font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
li.key { font-size: .9rem; border-top: 1px solid var(--line); padding: .25rem 0; }
table { width: 100%; border-collapse: collapse; margin-top: 2rem; }
caption { text-align: left; padding-bottom: .5rem; } caption strong { color: var(--text); font-size: 1.1rem; margin-right: .5rem; }
th { text-align: left; font-weight: 400; overflow-wrap: anywhere; } td { text-align: right; }
th, td { border-top: 1px solid var(--line); padding: .3rem .25rem; }
a { color: inherit; overflow-wrap: anywhere; }
@media print { main { max-width: none; } }
`,
};
