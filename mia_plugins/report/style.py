"""How the page looks: contents at the side where there is room, light and dark, and on paper."""

CSS = """
:root { color-scheme: light dark; --ink: #1a1a1a; --soft: #555; --line: #d0d0d0; --page: #fff; --link: #0b57a4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --soft: #aaa; --line: #444; --page: #16181b; --link: #8ab8f0 }
}
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 0 }
a { color: var(--link) }
p, li, figcaption { overflow-wrap: anywhere }
nav { padding: .6rem 1rem; font-size: .85rem; max-height: 8.5rem; overflow-y: auto; border-bottom: 1px solid var(--line) }
nav summary { font-weight: 600; cursor: pointer }
nav ul { list-style: none; margin: .4rem 0; padding: 0 }
nav li { margin: .25rem 0; overflow-wrap: anywhere }
nav li.sub { display: none }
nav a { text-decoration: none }
main { max-width: 72rem; padding: 0 1rem 4rem; min-width: 0; margin: 0 auto }
h1, h2, h3 { line-height: 1.2; margin: 2rem 0 .6rem; overflow-wrap: anywhere }
h1 { margin-top: 1.2rem }
h2 { border-bottom: 1px solid var(--line); padding-bottom: .2rem }
.wide { overflow-x: auto }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; padding: .6rem }
pre { border: 1px solid var(--line); border-radius: 4px }
table { border-collapse: collapse; font-size: .85rem; margin: .6rem 0 1.2rem }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 12rem }
th { border-bottom: 2px solid var(--soft) }
figure { margin: 1rem 0 2rem; break-inside: avoid }
figure img { max-width: 100%; height: auto; background: #fff; border-radius: 4px }
@media (max-width: 40rem) { figure img { max-width: 175% } }
.finding { font-weight: 600; margin: 0 0 .4rem }
figcaption, .soft { font-size: .85rem; color: var(--soft) }
ul.problems { border-left: 4px solid #D55E00; padding: .4rem 1rem .4rem 2rem; overflow-wrap: anywhere }
@media (min-width: 70rem) {
  .layout { display: grid; grid-template-columns: 17rem minmax(0, 1fr) }
  nav { position: sticky; top: 0; height: 100vh; max-height: none; padding: 1rem }
  nav { border: 0; border-right: 1px solid var(--line) }
  nav li.sub { display: list-item; padding-left: 1rem }
  main { margin: 0; padding-left: 2rem }
}
@media print {
  :root { --ink: #000; --soft: #333; --line: #bbb; --page: #fff; --link: #000 }
  nav { display: none }
  main { max-width: none; padding: 0 }
  table { font-size: .62rem }
  th, td { padding: .2rem .3rem }
  th:first-child, td:first-child { min-width: 6rem }
  th, td:first-child, td:last-child { white-space: normal }
  tr, li { break-inside: avoid }
  thead { display: table-header-group }
  .wide { overflow: visible }
  figure img { max-width: 100%; max-height: 20cm }
  h2, h3 { break-after: avoid }
}
"""
