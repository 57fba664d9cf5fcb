/** The one style of the page. */
export const style = `
:root{color-scheme:light dark;--back:#fff;--soft:#f5f7fa;--line:#d8dee7;--text:#1b2330;--dim:#56606f;--link:#1a5a9e;--takes:#0b6b42;--sends:#8a4b00;--mark:#fff3c4}
@media (prefers-color-scheme:dark){:root{--back:#14181f;--soft:#1c222c;--line:#364052;--text:#e3e8ef;--dim:#a3aebd;--link:#84bdf7;--takes:#6ed3a3;--sends:#f0b264;--mark:#3d3619}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
main:focus{outline:none}
.skip{position:absolute;left:-99em;top:.5rem;padding:.5rem 1rem;background:var(--back);z-index:1}
.skip:focus{left:.5rem}
main,footer{max-width:62rem;padding:1.5rem 1rem}
footer{color:var(--dim);font-size:.875rem}
h1,h2,h3,h4,p,ul,dl,pre,table{margin:0 0 .75rem}
h1{font-size:2rem;line-height:1.2}
h1 small{font-size:1rem;font-weight:400;color:var(--dim)}
h2{font-size:1.4rem;margin-top:2.5rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1.1rem;display:inline}
h4{font-size:1rem;margin:1rem 0 .4rem}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
pre{padding:.75rem;background:var(--soft);border:1px solid var(--line);border-radius:6px;overflow:auto;overflow-wrap:normal;max-height:32rem}
pre code{font-size:1em}
nav{font-size:.9rem;padding:.75rem 1rem;border-bottom:1px solid var(--line)}
nav ul{list-style:none;margin:.25rem 0 .5rem;padding:0}
nav ul ul{padding-left:.75rem}
nav a{display:inline-block;padding:.15rem 0;text-decoration:none}
nav a:hover,nav a:focus{text-decoration:underline}
nav>details>ul>li>a{font-weight:600;color:var(--text)}
.item,article{border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;margin:0 0 1rem;display:block}
article h3{display:block;margin:0 0 .5rem}
summary{cursor:pointer;width:fit-content;max-width:100%}
.item[open]>summary{margin-bottom:.5rem}
.item>summary span{color:var(--dim)}
:target{background:var(--mark)}
.address{font-size:1.05rem}
.summary{font-weight:600}
dl>div{display:grid;grid-template-columns:9rem 1fr;gap:0 1rem;padding:.15rem 0}
dt{color:var(--dim)}
dd{margin:0}
dd p{margin:0}
table{width:100%;border-collapse:collapse;text-align:left}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.4rem .5rem;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
tbody th{width:34%}
.glance tbody th{width:45%}
dl:last-child,p:last-child,table:last-child,pre:last-child{margin-bottom:0}
thead th,th[colspan]{font-size:.85rem;font-weight:600;color:var(--dim)}
th b{font-size:.8rem;font-weight:600;color:var(--sends)}
td p,th p,td ul{margin:.2rem 0 0;color:var(--dim)}
.inline{display:inline}
.inline summary{display:inline;text-decoration:underline dotted}
.type{font-weight:600}
.way,.tag{display:inline-block;padding:0 .5rem;border:1px solid;border-radius:1rem;font-size:.8rem;font-weight:600}
.way{white-space:nowrap}
.tag{border-color:var(--line)}
.takes{color:var(--takes)}
.sends{color:var(--sends)}
@media (min-width:60rem){
body{display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{grid-row:1/3;position:sticky;top:0;height:100vh;overflow:auto;border:0;border-right:1px solid var(--line)}
main{padding:2rem}
footer{padding:0 2rem 2rem}
@supports selector(::details-content){
nav summary{display:none}
nav details::details-content{content-visibility:visible;display:block}
}
}
@media (max-width:36rem){
dl>div{grid-template-columns:1fr}
dd{margin-left:1rem}
.item,article{padding:.75rem}
tbody th{width:42%}
}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{
:root{--back:#fff;--soft:#fff;--line:#999;--text:#000;--dim:#333;--link:#000;--takes:#000;--sends:#000;--mark:#fff}
body{display:block;font-size:10pt}
nav,.skip,footer{display:none}
main{max-width:none;padding:0}
pre{max-height:none;white-space:pre-wrap}
details::details-content{content-visibility:visible;display:block}
.item,article,tr{break-inside:avoid}
h2,h3,h4,summary{break-after:avoid}
}
`;

/** What a policy calls the style by. A test compares it with the style. */
export const styleHash = "sha256-2aCKx5bi3K4dz4Sfi7HJWHQSnA7UNP1g+99j2A0sKGQ=";
