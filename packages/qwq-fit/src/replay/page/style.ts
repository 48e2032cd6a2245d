/** The page's style: system fonts, light and dark, from a phone's width to a desk's. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d1c1a;--soft:#6a665e;--line:#e3dfd6;--bad:#b3261e;--good:#1a7f4b;
--k0:#2563a8;--k1:#c2571a;--k2:#2a8a63;--k3:#8a4fb0;--k4:#a8780c;--k5:#b53a6b;--k6:#3b7f8c;--k7:#6b6a2c}
@media (prefers-color-scheme:dark){:root{--paper:#151618;--card:#1e2023;--ink:#ecebe7;--soft:#a09d95;--line:#34373b;--bad:#ff8a80;--good:#6fd7a0;
--k0:#74aef2;--k1:#f2985c;--k2:#63cda0;--k3:#c799ea;--k4:#e0b64a;--k5:#f087b0;--k6:#7cc6d4;--k7:#c4c26f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:28px 20px 64px}
header h1{font-size:clamp(26px,5vw,40px);line-height:1.15;letter-spacing:-.02em;margin:0 0 8px}
header p{margin:0;color:var(--soft);max-width:70ch}
h2{font-size:20px;letter-spacing:-.01em;margin:44px 0 2px}
h2+p{margin:0 0 16px;color:var(--soft);max-width:70ch}
.c0{--c:var(--k0)}.c1{--c:var(--k1)}.c2{--c:var(--k2)}.c3{--c:var(--k3)}.c4{--c:var(--k4)}.c5{--c:var(--k5)}.c6{--c:var(--k6)}.c7{--c:var(--k7)}
.dot{display:inline-flex;align-items:center;justify-content:center;flex:none;width:22px;height:22px;border-radius:50%;background:var(--c);color:var(--card);font-size:12px;font-weight:700;font-variant-numeric:tabular-nums}
.bad{color:var(--bad)}
.found{margin-top:24px;padding:18px 20px;border:1px solid var(--good);border-radius:14px;background:var(--card)}
.found h2{margin:0 0 6px}.found ul{margin:0;padding-left:20px}
.cards{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));margin-top:24px}
.card{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--c);border-radius:12px;padding:14px 16px 12px}
.card h3{display:flex;gap:10px;align-items:flex-start;font-size:16px;line-height:1.35;margin:0 0 10px;overflow-wrap:anywhere}
.best{margin-left:auto;flex:none;white-space:nowrap;overflow-wrap:normal;font-size:12px;font-weight:600;color:var(--good);border:1px solid var(--good);border-radius:99px;padding:0 9px}
.card dl{display:grid;grid-template-columns:1fr 1fr;gap:10px 14px;margin:0}
.figure dt{font-size:12px;color:var(--soft);line-height:1.3}
.figure dd{margin:1px 0 0;font-size:21px;font-weight:650;line-height:1.2;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.figure:first-child{grid-column:1/-1}.figure:first-child dd{font-size:28px}
.figure small{display:block;font-size:12px;font-weight:400;color:var(--soft);letter-spacing:0}
details{margin-top:12px;border-top:1px solid var(--line);padding-top:8px;font-size:14px}
summary{cursor:pointer;color:var(--soft)}details p{margin:8px 0 0}details ul{margin:8px 0 0;padding-left:18px}
.panel{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px}
.strip{margin-bottom:6px}
.strip-head{display:flex;flex-wrap:wrap;align-items:center;gap:2px 9px;font-size:14px}
.strip-head .name{font-weight:600;overflow-wrap:anywhere;min-width:0}
.strip-head .told{color:var(--soft);font-variant-numeric:tabular-nums}.told b{color:var(--ink);font-weight:600}.told b.bad{color:var(--bad)}
.strip svg{display:block;width:100%;height:64px;margin-top:2px}.strip svg.low{height:54px}
.grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.ridge{fill:color-mix(in srgb,var(--c) 30%,transparent);stroke:var(--c);stroke-width:1.5;vector-effect:non-scaling-stroke}
.mark{stroke:var(--ink);stroke-width:2;vector-effect:non-scaling-stroke}.mark.p95{stroke-dasharray:4 3}
.range{stroke:var(--c);stroke-width:3;opacity:.55;vector-effect:non-scaling-stroke}
rect.plain{fill:var(--soft);opacity:.55}rect.fill{fill:var(--c)}rect.lost{fill:var(--bad)}
.axis{position:relative;height:20px;border-top:1px solid var(--line);font-size:12px;color:var(--soft);font-variant-numeric:tabular-nums}
.tick{position:absolute;top:3px;transform:translateX(-50%);white-space:nowrap}.tick.first{transform:none}.tick.last{transform:translateX(-100%)}
.axis-name{margin:6px 0 0;font-size:13px;color:var(--soft)}
.scatter{padding-left:52px}.plot{position:relative;height:clamp(260px,42vw,380px)}
.plot svg{position:absolute;inset:0;width:100%;height:100%}
.dot.on{position:absolute;transform:translate(-50%,-50%);width:26px;height:26px;box-shadow:0 0 0 2px var(--card)}
.ytick{position:absolute;right:100%;transform:translateY(-50%);font-size:12px;color:var(--soft);padding-right:7px;white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0;padding:0;list-style:none;font-size:14px}
.legend li{display:flex;gap:8px;align-items:flex-start;overflow-wrap:anywhere;min-width:0}
.notes{font-size:14px;color:var(--soft);padding-left:18px;max-width:80ch}.notes li{margin:4px 0}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:500}td.n{white-space:nowrap;font-variant-numeric:tabular-nums}
footer{margin-top:40px;font-size:13px;color:var(--soft)}
@media (max-width:480px){main{padding:20px 14px 48px}.panel{padding:12px}.figure dd{font-size:19px}h2{margin-top:36px}.strip-head .name{flex:1 1 auto;width:calc(100% - 36px)}td,th{padding-right:8px}}
@media print{body{background:#fff}.card,.panel{break-inside:avoid}}
`;
