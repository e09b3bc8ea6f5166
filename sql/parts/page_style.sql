SET LOCAL search_path = zz_slt_internal, pg_temp;

-- pages: their style ---------------------------------------------------------------------------------------------
--
-- One base for every page, and what only the status page has.  Directions are logical (start, end), so that the same
-- rules do for writing from right to left.

CREATE FUNCTION page_style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '
:root{color-scheme:light dark;
--page:#f5f6f8;--card:#fff;--line:#dde1e6;--text:#171c22;--muted:#535d68;--link:#1a56b8;--shade:0 1px 2px #1018280d,0 1px 3px #1018280f;
--operational:#1a7a4c;--degraded:#9a4b00;--down:#b8211a;--maintenance:#2459b5;--unknown:#5d6771;
--operational-tint:#e7f4ec;--degraded-tint:#fcf1e1;--down-tint:#fdecea;--maintenance-tint:#e9effb;--unknown-tint:#edeff1;--bar:#35946a}
@media screen and (prefers-color-scheme:dark){:root{
--page:#101316;--card:#181c20;--line:#2d343a;--text:#e8ecef;--muted:#a2acb4;--link:#8fb6ff;--shade:none;
--operational:#55c98d;--degraded:#f2a950;--down:#ff867c;--maintenance:#8db1ff;--unknown:#a0abb4;
--operational-tint:#14281e;--degraded-tint:#30230f;--down-tint:#381a18;--maintenance-tint:#182540;--unknown-tint:#22282d;--bar:#45a877}}
*{box-sizing:border-box}
html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic","Liberation Sans",Arial,sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%;background:var(--page)}
body{margin:0 auto;max-width:58rem;padding:0 clamp(1rem,4vw,1.5rem) 2rem;color:var(--text);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,h4,h5,p,ul,ol,dl,dd{margin:0;padding:0}ul,ol{list-style:none}
h1{font-size:clamp(1.45rem,4.5vw,1.9rem);line-height:1.2;font-weight:700}
h2{font-size:1.2rem;font-weight:700;margin:2.75rem 0 .75rem}h3{font-size:1rem;font-weight:650}h4,h5{font-size:.95rem;font-weight:600}
html:not([dir=rtl]) :is(h1,h2,.figure){letter-spacing:-.015em}
a{color:var(--link);text-underline-offset:.15em}
header{display:flex;gap:1rem;align-items:center;padding:2rem 0 1.5rem}
header img{max-height:3.5rem;max-width:min(12rem,40vw);flex:none}
.eyebrow{font-size:.85rem;font-weight:600;color:var(--muted)}.note{color:var(--muted);font-size:.875rem}
svg{width:1.15em;height:1.15em;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;vertical-align:-.2em}
.operational{--c:var(--operational);--t:var(--operational-tint)}.degraded{--c:var(--degraded);--t:var(--degraded-tint)}
.down{--c:var(--down);--t:var(--down-tint)}.maintenance{--c:var(--maintenance);--t:var(--maintenance-tint)}.unknown,.closed{--c:var(--unknown);--t:var(--unknown-tint)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem clamp(.9rem,3vw,1.25rem);box-shadow:var(--shade)}.card+.card{margin-top:.75rem}
.state{display:inline-flex;gap:.4em;align-items:center;color:var(--c);font-weight:600;font-size:.9rem}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:.75rem}.two .card{margin:0}
.figure{font-size:2rem;font-weight:700;line-height:1.25}
.text{white-space:pre-line}
.scroll{overflow:auto;border:1px solid var(--line);border-radius:.75rem;background:var(--card);box-shadow:var(--shade);overflow-wrap:normal}
table{border-collapse:collapse;font-size:.875rem;min-width:100%}
th,td{padding:.5rem 1rem;text-align:start;border-top:1px solid var(--line);vertical-align:top;white-space:nowrap}thead th{border-top:0;font-weight:600;color:var(--muted)}
tbody th{font-weight:600;white-space:normal;min-width:7rem}th:first-child{position:sticky;inset-inline-start:0;background:var(--card)}.note+.scroll{margin-top:.5rem}td,thead th:not(:first-child){text-align:end}
summary{cursor:pointer;border-radius:.25rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--muted);font-size:.85rem}
@media (forced-colors:active){.card,.scroll,.now{border-color:CanvasText}}
@media print{html{background:none;font-size:80%}body{max-width:none;padding:0}header{padding-top:0}h2,h3,h4,h5{break-after:avoid}.card,.row,.incident,tr{break-inside:avoid}.card,.scroll{box-shadow:none;overflow:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}details::details-content{content-visibility:visible;block-size:auto}a{color:inherit}}
';
END;
COMMENT ON FUNCTION page_style() IS 'The style sheet of every page.';

CREATE FUNCTION page_colours(accent text, header text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce('
:root{--link:' || readable_colour($1, '#f5f6f8') || '}@media screen and (prefers-color-scheme:dark){:root{--link:' || readable_colour($1, '#181c20') || '}}', '') ||
		   coalesce('
header{--muted:inherit;background:' || $2 || ';color:' || CASE WHEN contrast($2, '#ffffff') >= contrast($2, '#000000') THEN '#fff' ELSE '#000' END ||
			';padding-block:1.25rem;margin-bottom:1.5rem;box-shadow:0 0 0 100vmax ' || $2 || ';clip-path:inset(0 -100vmax)}header a{color:inherit}header .eyebrow,header .note{color:inherit}
@media print{header{padding-inline:1rem;box-shadow:none;clip-path:none}}', '');
END;
COMMENT ON FUNCTION page_colours(text, text) IS 'The style sheet of colours that somebody chose, which can be read whatever they are.';

CREATE FUNCTION status_style(days int)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '
:root{--days:' || $1 || ';--half:' || ($1 + 1) / 2 || '}
.now{display:flex;gap:1rem;align-items:flex-start;background:var(--t);border:1px solid var(--c);border-radius:.75rem;padding:1.15rem clamp(.9rem,3vw,1.25rem);margin-top:1.5rem}
main>.now:first-child{margin-top:0}.now svg{width:1.9rem;height:1.9rem;color:var(--c);margin-top:.05rem}.now h2{margin:0;font-size:1.3rem;line-height:1.4}.now p{font-size:.875rem}
.months{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;justify-content:space-between}nav{margin-top:1rem}
.meter{margin:.6rem 0 .5rem;width:100%;height:.5rem;display:block;border-radius:.25rem;background:var(--line);overflow:hidden}.meter rect{fill:var(--c);stroke:none}
.tools{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;font-size:.85rem;color:var(--muted);margin-bottom:.75rem;align-items:center}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem}.legend li{display:flex;gap:.45rem;align-items:center}.legend i{display:flex;align-items:flex-end;height:1.1rem;width:.45rem}
#words{accent-color:var(--link);width:1rem;height:1rem;margin:0;vertical-align:-.15rem}.words{color:var(--text);cursor:pointer}
.charts h3{margin:1.25rem 0 .5rem}.tools+h3{margin-top:.5rem}
.row{padding:.9rem 0;border-top:1px solid var(--line)}.row:first-child{border-top:0;padding-top:0}.row:last-child{padding-bottom:0}
.name{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;align-items:baseline}
.group{border-top:1px solid var(--line);padding:.9rem 0}.group:first-child{border-top:0;padding-top:0}.group:last-child{padding-bottom:0}
.group>summary{display:flex;gap:.6rem;align-items:center;justify-content:space-between}.group>summary::-webkit-details-marker{display:none}
.group>summary h4{flex:1}.group>summary::before{content:"";flex:none;width:.5rem;height:.5rem;margin-inline:.15rem;border:solid currentColor;border-width:0 2px 2px 0;transform:rotate(-45deg)}
[dir=rtl] .group>summary::before{transform:rotate(135deg)}.group[open]>summary::before{transform:rotate(45deg)}
.inside{margin:.6rem 0 0;padding-inline-start:1.4rem}.group .row:first-child{padding-top:.6rem}
.plot{position:relative;margin-top:.4rem}
.bars{display:flex;flex-wrap:wrap;row-gap:.2rem}.bars li{flex:1 0 2.6px;height:2.25rem;padding:0 .5px;display:flex;align-items:flex-end;cursor:pointer}
.bars li::before,.legend i::before{content:"";width:100%;height:72%;border-radius:1.5px;background:var(--c)}
.bars,.legend{--c:var(--bar)}.g{--c:var(--degraded)}.x{--c:var(--down)}.m{--c:var(--maintenance)}.u,.c{--c:var(--unknown)}
.bars .g::before,.legend .g i::before{height:86%;background:linear-gradient(var(--c) 0 35%,transparent 35% 50%,var(--c) 50%)}.bars .x::before,.legend .x i::before{height:100%}
.bars .m::before,.legend .m i::before{background:repeating-linear-gradient(var(--c) 0 3px,transparent 3px 6px)}.bars .u::before,.legend .u i::before{background:none;border:1px solid var(--c)}.bars .c::before{height:15%}
.bars li:hover::before{filter:brightness(1.25);outline:1.5px solid var(--text)}
.bars i{position:absolute;inset-inline:0;bottom:0;font-style:normal;font-size:.85rem;line-height:1.4rem;clip-path:inset(50%);pointer-events:none}
.bars li:hover i{clip-path:none;background:var(--card);text-align:center;top:2.4rem;bottom:auto;min-height:1.4rem;z-index:1}
.axis{display:flex;justify-content:space-between;color:var(--muted);font-size:.85rem;line-height:1.4rem;margin-top:.15rem}
.days:has(#words:checked) .bars{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:0 1rem}.days:has(#words:checked) .axis{display:none}.days:has(#words:checked) .plot{padding:0}
.days:has(#words:checked) .bars li{height:auto;align-items:baseline;gap:.5rem;cursor:auto}.days:has(#words:checked) .bars li::before{flex:none;width:.6rem;height:.6rem;outline:0}
.days:has(#words:checked) .bars i{position:static;clip-path:none;text-align:start}
.incident .name{align-items:center}.incident .text{margin-top:.35rem}.incident .note{margin-top:.1rem}.updates{margin-top:.6rem;border-inline-start:2px solid var(--line);padding-inline-start:.9rem}
.updates li+li{margin-top:.6rem}.incident details{margin-top:.5rem;font-size:.9rem}.incident summary{color:var(--link);width:fit-content}.more{margin-top:.5rem;font-size:.9rem}
.going{border-inline-start:4px solid var(--c)}
@media (max-width:48rem){.l3{padding-bottom:1.4rem}}@media (max-width:40rem){.l2{padding-bottom:1.4rem}.l3{padding-bottom:2.8rem}.inside{padding-inline-start:0}.bars li{padding:0 .25px}}
@media (forced-colors:active){.bars li::before,.legend i::before,.meter{forced-color-adjust:none;--c:CanvasText}.bars li:hover::before{outline-color:Highlight}}
@media print{.tools label,#words{display:none}.plot{padding:0}.bars,.days:has(#words:checked) .bars{display:grid;grid-template-columns:repeat(var(--days),1fr);gap:0;align-items:end}.bars li{display:contents}
.bars li::before{grid-row:1;margin:0 .4px;height:1.6rem!important}.bars .u::before{height:1.2rem!important}.bars .c::before{height:.3rem!important}.bars .g::before{height:1.4rem!important}.bars li:not([class])::before,.bars .m::before{height:1.2rem!important}
.bars i{display:none}.bars :is(.g,.x,.m) i{display:block;position:static;clip-path:none;grid-column:auto/span var(--half);font-size:.8rem;line-height:1.35;padding-inline-end:1rem}.plot{display:flex;flex-direction:column}.axis{order:-1;margin:0}.charts .card{break-inside:auto}.group>summary{break-after:avoid}}
';
END;
COMMENT ON FUNCTION status_style(int) IS 'The style sheet of the status page, of so many days.';
