/** Style of the HTML report: fits phones, prints, and never says something by colour alone. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff; --shade: #f6f8fa;
  --good: #116329; --good-bar: #2da44e; --bad: #a40e26; --bad-bar: #cf222e; --warn: #7d4e00; --warn-bar: #d4a72c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; --shade: #151b23;
  --good: #3fb950; --good-bar: #238636; --bad: #ff7b72; --bad-bar: #da3633; --warn: #e3b341; --warn-bar: #9e6a03; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 75rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
.banner { padding: .75rem 1rem; border-left: .4rem solid; background: var(--shade); font-size: 1.1rem; margin: 1rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } caption { text-align: left; font-weight: 600; padding: .5rem 0 .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; } td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.name { min-width: 7rem; overflow-wrap: anywhere; } td.why { min-width: 16rem; overflow-wrap: anywhere; }
.track { position: relative; display: block; width: 12rem; height: .8rem; background: var(--shade); border-radius: .2rem; }
.track i { position: absolute; top: 0; bottom: 0; border-radius: .2rem; min-width: 2px; }
.track .good { background: var(--good-bar); } .track .bad { background: var(--bad-bar); } .track .warn { background: var(--warn-bar); }
details { border-top: 1px solid var(--line); padding: .5rem 0; } summary { cursor: pointer; font-weight: 600; overflow-wrap: anywhere; }
a { color: inherit; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } details, tr { break-inside: avoid; } .track { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
