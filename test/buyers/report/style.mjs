// How the page looks: light or dark as the reader's system, on paper, and on a narrow screen.

// Colours that the colour-blind can tell apart (Okabe and Ito); the heat is one of plasma.
const light = `
--paper: #f6f7f9; --card: #ffffff; --ink: #16191f; --soft: #5b6472; --line: #dfe3e9;
--good: #00704f; --good-soft: #e3f4ee; --bad: #b3261e; --bad-soft: #fbe9e7;
--free: #d5dbe3; --held: #e69f00; --sold: #0072b2; --kill: #b3261e;
--c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #e69f00; --c4: #cc79a7; --c5: #56b4e9;
--c6: #7a8391;
--h0: #0d0887; --h1: #41049d; --h2: #6a00a8; --h3: #8f0da4; --h4: #b12a90; --h5: #cc4778;
--h6: #e16462; --h7: #f1834b; --h8: #fca636; --h9: #f2cf2b; --unsold: #9aa3af;`;
const dark = `
--paper: #0e1116; --card: #161b22; --ink: #e8ecf2; --soft: #9aa5b4; --line: #2a313c;
--good: #4fd1a5; --good-soft: #10291f; --bad: #ff8a80; --bad-soft: #341614;
--free: #39424f; --held: #e69f00; --sold: #3a9bdc; --kill: #ff8a80;
--c0: #3a9bdc; --c1: #f0803c; --c2: #1fbf8f; --c3: #f0b429; --c4: #d88fb8; --c5: #8fd0f5;
--c6: #8b95a4;
--h0: #f0f921; --h1: #fcce25; --h2: #fca636; --h3: #f2844b; --h4: #e16462; --h5: #cc4778;
--h6: #b12a90; --h7: #9511a1; --h8: #7a1bb0; --h9: #5b2fb5; --unsold: #6b7684;`;

const rules = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.45;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; }
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
.brand { margin: 22px 0 14px; font-weight: 700; letter-spacing: .02em; }
.brand span { color: var(--soft); font-weight: 400; margin-left: .4em; }
h1 { font-size: clamp(1.45rem, 4.2vw, 2.3rem); line-height: 1.15; margin: 0;
  letter-spacing: -.015em; }
h2 { font-size: 1.25rem; margin: 34px 0 14px; letter-spacing: -.01em; }
h3 { font-size: 1rem; margin: 0 0 2px; }
h4 { font-size: .82rem; margin: 0 0 2px; font-weight: 600; }
code { font-size: .92em; overflow-wrap: anywhere; }
.verdict { display: flex; gap: 18px; align-items: center; border-radius: 14px; padding: 20px 24px; }
.verdict p, .verdict ul { margin: 4px 0 0; }
.verdict ul { padding-left: 1.2em; overflow-wrap: anywhere; }
.verdict .mark { font-size: 2.6rem; line-height: 1; margin: 0; }
.verdict.good { background: var(--good-soft); }
.verdict.bad { background: var(--bad-soft); }
.verdict.good h1, .verdict.good .mark, td.good, p.good { color: var(--good); }
.verdict.bad h1, .verdict.bad .mark, td.bad, p.bad { color: var(--bad); }
.tiles { display: grid; gap: 12px; margin: 16px 0;
  grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tile { padding: 12px 11px; border-top-width: 3px; }
.tile.good { border-top-color: var(--good); }
.tile.bad { border-top-color: var(--bad); }
.tile.bad b { color: var(--bad); }
.tile dt { font-size: .8rem; color: var(--soft); white-space: nowrap; }
.tile dd { margin: 0; }
.tile b { font-size: 1.55rem; font-weight: 650; letter-spacing: -.02em; white-space: nowrap; }
.tile span { color: var(--soft); font-size: .85rem; }
.tile small { display: block; color: var(--soft); font-size: .78rem; line-height: 1.3; }
.card { margin: 0; padding: 16px 18px; min-width: 0; }
.note { margin: 0 0 8px; color: var(--soft); font-size: .85rem; }
.money .sum { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 8px 0; align-items: baseline; }
.money span { display: inline-flex; flex-direction: column; }
.money b { font-size: 1.2rem; font-weight: 650; }
.money small { color: var(--soft); font-size: .78rem; }
.money i { font-style: normal; color: var(--soft); font-size: 1.2rem; }
.money p:last-child { margin: 0; font-size: .9rem; }
.plots { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.books { align-items: start; }
.wide { grid-column: 1 / -1; }
.panels { display: grid; gap: 12px 18px;
  grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); }
.panel { min-width: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 8px; padding: 0;
  list-style: none; font-size: .82rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend i { width: 12px; height: 12px; border-radius: 3px; background: currentColor; flex: none; }
.legend.heat { gap: 4px 12px; }
.sign-alone { width: 15px; height: 15px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 12.5px; fill: var(--soft); }
.panel svg text { font-size: 12px; }
.axis line { stroke: var(--soft); stroke-width: 1; }
.axis line.grid { stroke: var(--line); }
.axis-x text { text-anchor: middle; }
.axis-y text { text-anchor: end; }
svg .label { text-anchor: middle; }
svg .row { text-anchor: end; fill: var(--ink); }
.hit, .strips rect { fill: transparent; }
.strips rect:hover { fill: var(--ink); fill-opacity: .07; }
.kills line { stroke: var(--kill); stroke-width: 1; stroke-dasharray: 3 3; stroke-opacity: .6; }
.legend i.kill { width: 0; height: 14px; border-radius: 0; background: none;
  border-left: 2px dashed var(--kill); }
.panel .kills line { stroke-opacity: .3; }
.sign { stroke: var(--card); stroke-width: 1; }
.never path { stroke: var(--bad); stroke-width: 3; fill: none; }
.range, .whisker { stroke: var(--c0); }
.range { stroke-width: 5; stroke-opacity: .55; }
.range.wide { stroke-width: 10; stroke-opacity: .8; }
.whisker { stroke-width: 1.5; stroke-opacity: .7; }
.median { fill: var(--card); stroke: var(--ink); stroke-width: 2.5; }
.legend i.dot { border-radius: 50%; background: var(--card); border: 2.5px solid var(--ink); }
.legend i.bar-wide { width: 20px; height: 10px; background: var(--c0); opacity: .8; }
.legend i.bar { width: 20px; height: 5px; background: var(--c0); opacity: .55; }
.legend i.bar-thin { width: 20px; height: 2px; background: var(--c0); opacity: .7; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.line.p50 { stroke: var(--c0); }
.line.p99 { stroke: var(--c1); stroke-width: 1.3; }
.band { fill: var(--c0); fill-opacity: .13; }
.legend i.bar-p50 { width: 20px; height: 3px; background: var(--c0); }
.legend i.bar-p99 { width: 20px; height: 3px; background: var(--c1); }
.map { max-height: 900px; margin: 6px auto 0; }
.map path { fill: none; stroke-linecap: round; }
table { border-collapse: collapse; width: 100%; font-size: .87rem; }
.scroll { overflow-x: auto; }
.long .scroll { max-height: 620px; overflow-y: auto; }
th, td { padding: 5px 8px; border-bottom: 1px solid var(--line); text-align: right;
  font-weight: 400; white-space: nowrap; }
thead th { color: var(--soft); font-size: .8rem; position: sticky; top: 0;
  background: var(--card); }
th:first-child, .text { text-align: left; }
.wide th[scope=row] { white-space: normal; min-width: 150px; }
.wide .text { padding-left: 28px; }
tbody tr:last-child > * { border-bottom: 0; }
.facts { columns: 3 260px; column-gap: 40px; margin: 6px 0 0; font-size: .87rem; }
.facts div { display: flex; justify-content: space-between; gap: 12px; padding: 5px 0;
  border-bottom: 1px solid var(--line); break-inside: avoid; }
.facts dd { margin: 0; white-space: nowrap; }
.facts dt { color: var(--soft); }
footer { color: var(--soft); font-size: .82rem; padding-top: 22px; padding-bottom: 30px; }
footer p { margin: 4px 0; }
@media screen and (max-width: 820px) {
  .plots { grid-template-columns: minmax(0, 1fr); }
  header, main, footer { padding: 0 14px; }
  .card { padding: 14px 12px; }
  .verdict { padding: 16px; gap: 12px; align-items: flex-start; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 8px; }
  table { font-size: .8rem; }
  th, td { padding: 5px; }
}
@media screen and (max-width: 520px) {
  .panels { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 10px; }
  svg text { font-size: 19px; }
  .panel svg text { font-size: 19px; }
  .broad { width: 640px; }
  .card:has(.broad) { overflow-x: auto; }
}
@media print {
  body { background: #fff; }
  h2 { break-after: avoid; }
  svg text, .panel svg text { font-size: 17px; }
  .panels { grid-template-columns: repeat(4, 1fr); gap: 8px; }
  .plots { gap: 10px; }
  .card, .tile, .verdict, tr { break-inside: avoid; }
  .scroll, .long .scroll { max-height: none; overflow: visible; }
  table { font-size: .68rem; }
  th, td { padding: 3px 4px; }
  .card.long { break-inside: auto; }
  .panel { break-inside: avoid; }
  .strips { display: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;

const several = (count, rule) => Array.from({ length: count }, (_, i) => rule(i)).join('\n');

const marks = `${several(7, (i) => `.fill-${i}, .area-${i} { fill: var(--c${i}); }
.legend i.area-${i} { background: var(--c${i}); }`)}
${several(10, (i) => `.map .heat-${i} { stroke: var(--h${i}); }
.legend i.heat-${i} { background: var(--h${i}); }`)}
${['free', 'held', 'sold'].map((name) => `.${name} { fill: var(--${name}); }
.legend i.${name} { background: var(--${name}); }`).join('\n')}
.map .unsold { stroke: var(--unsold); }
.legend i.unsold { background: var(--unsold); }
`;

export const style = `
:root { color-scheme: light dark; ${light} }
@media screen and (prefers-color-scheme: dark) { :root { ${dark} } }
${rules}${marks}`;
