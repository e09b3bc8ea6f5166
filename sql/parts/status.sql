SET LOCAL search_path = slt_internal, pg_temp;

-- status ---------------------------------------------------------------------------------------------------------
--
-- What people want to see of a service.  As slt_availability(), these functions
-- read the tables for everyone.

CREATE TYPE status_row AS (kind text, covered boolean, state text, since timestamptz, day date, figures @extschema@.slt_figures);
COMMENT ON TYPE status_row IS 'A row of what the status page shows.';

CREATE FUNCTION status_figures(service text, days int)
RETURNS SETOF status_row
AS 'MODULE_PATHNAME', 'slt_status_figures'
LANGUAGE c STABLE PARALLEL SAFE ROWS 800;
COMMENT ON FUNCTION status_figures(text, int) IS
'All that the status page shows of a service, outages read once: a row of the kind experience for each (for the service, if it has none), with its state now, followed by a row of the kind day for each day up to today; then, of the whole service, the month and the year. With 0 days, only the states, and since when each is in it however long ago; otherwise null if that was before the time read.';

CREATE FUNCTION @extschema@.slt_status(service text DEFAULT NULL,
						   OUT experience text, OUT covered boolean, OUT status text, OUT since timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT (f.figures).experience_name, f.covered, f.state, f.since FROM status_figures(service, 0) f WHERE f.kind = 'experience';
END;
COMMENT ON FUNCTION @extschema@.slt_status(text) IS
'How each experience of a service is now, or the service, if it has none: operational, degraded (a partial outage), down, maintenance (a planned outage, or maintenance that is planned for now), or unknown (nobody watches it, or no check vouches for it); and since when it has been so, null if nothing was ever recorded. Without a name, the only service there is. Error 42704 for an unknown name, 22023 if the service must be named.';

CREATE FUNCTION @extschema@.slt_status_history(service text DEFAULT NULL, days int DEFAULT 90,
								   OUT experience text, OUT covered boolean, OUT day date, OUT availability numeric, OUT downtime interval,
								   OUT planned interval, OUT excluded interval, OUT unknown interval, OUT state text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 700
BEGIN ATOMIC
	SELECT (f.figures).experience_name, f.covered, f.day, (f.figures).availability, (f.figures).downtime, (f.figures).planned, (f.figures).excluded, (f.figures).unknown, f.state
	FROM status_figures(service, days) f WHERE f.kind = 'day';
END;
COMMENT ON FUNCTION @extschema@.slt_status_history(text, int) IS
'Each experience of a service day by day, the last of them today as far as it has passed, in the zone of the service: availability in percent, null if nothing is known; downtime that counts, time of planned outages and what of it is excluded, unknown time; and the worst state there was: down, degraded, maintenance, unknown (if all of it was), closed (a day without service hours) or operational. Error 22023 for less than 0 or more than 3660 days, otherwise as in slt_status().';

CREATE FUNCTION @extschema@.slt_status_summary(service text DEFAULT NULL,
								   OUT period text, OUT during tstzrange, OUT availability numeric, OUT downtime interval,
								   OUT target numeric, OUT met boolean, OUT allowed interval, OUT budget_left interval)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
	SELECT f.kind, (f.figures).period, (f.figures).availability, (f.figures).downtime, (f.figures).target, (f.figures).met, (f.figures).allowed, (f.figures).budget_left
	FROM status_figures(service, 1) f WHERE f.kind IN ('month', 'year');
END;
COMMENT ON FUNCTION @extschema@.slt_status_summary(text) IS
'The availability of a service in the current month and the current year, in its zone: what slt_availability_report() says of them, with the downtime that the target allows until their ends. Errors as in slt_status().';

-- the status page ------------------------------------------------------------------------------------------------
--
-- The page is put together here, from rows that the functions above give to
-- everyone.  Whatever comes from a table goes through html().  The script
-- and the page's own text are ASCII, so that both work in a database of any
-- encoding.

CREATE DOMAIN @extschema@."text/html" AS text;
COMMENT ON DOMAIN @extschema@."text/html" IS 'Text that is an HTML page; a type of this name makes web servers such as PostgREST serve what a function returns as HTML.';

CREATE FUNCTION html(t text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, slt_internal, pg_temp
AS $$
BEGIN
	IF length(t) > 4000 THEN
		t := left(t, 4000) || ' ...';
	END IF;
	IF t ~ '[^ -~]' THEN
		t := replace(replace(t, chr(13) || chr(10), chr(10)), chr(13), chr(10));
		IF getdatabaseencoding() = 'UTF8' THEN
			-- marks that turn the direction of the text around them vanish, controls are shown to be there
			t := regexp_replace(t, E'[\\u202A-\\u202E\\u2066-\\u2069]', '', 'g');
			t := regexp_replace(t, E'[\\u0001-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\uFFFE\\uFFFF]', chr(65533), 'g');
		ELSE
			t := regexp_replace(t, E'[\\u0001-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F]', '?', 'g');
		END IF;
	END IF;
	RETURN replace(replace(replace(replace(replace(t, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
END $$;
COMMENT ON FUNCTION html(text) IS
'Text for an HTML page, between tags or in a quoted attribute: markup is escaped, control characters are replaced, marks that override or isolate the direction of writing are removed, and after 4000 characters it is cut.';

CREATE FUNCTION html_duration(d interval)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_html_duration'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION html_duration(interval) IS 'A length of time for an HTML page, such as 1&nbsp;h 20&nbsp;min 3.5&nbsp;s; a day has 24 hours and a month 30 days.';

CREATE FUNCTION html_time(at timestamptz, zone text, same_day_as timestamptz)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, slt_internal, pg_temp
AS $$
DECLARE
	wall timestamp := at AT TIME ZONE zone;
	east interval;
	sign text;
	east_text text;
BEGIN
	IF at IS NULL THEN
		RETURN NULL;
	ELSIF NOT isfinite(at) THEN
		RETURN CASE WHEN at > now() THEN 'open' ELSE 'ever' END;
	END IF;
	east := wall - (at AT TIME ZONE 'UTC');
	sign := CASE WHEN east < '0' THEN '-' ELSE '+' END;
	east_text := to_char(greatest(east, -east), 'HH24:MI');
	RETURN format('<time datetime="%s%s%s">%s%s%s</time>',
		to_char(wall, 'YYYY-MM-DD"T"HH24:MI:SS'), sign, east_text,
		CASE WHEN wall::date = (same_day_as AT TIME ZONE zone)::date THEN '' ELSE to_char(wall, 'Dy FMDD Mon YYYY, ') END,
		to_char(wall, CASE WHEN extract(second FROM wall) = 0 THEN 'HH24:MI' ELSE 'HH24:MI:SS' END),
		-- a time of before or after a clock change says so
		CASE WHEN east <> (now() AT TIME ZONE zone) - (now() AT TIME ZONE 'UTC') THEN ' (UTC' || sign || east_text || ')' ELSE '' END);
END $$;
COMMENT ON FUNCTION html_time(timestamptz, text, timestamptz) IS
'An instant for an HTML page, as a time element: date and time of day in the zone, to the second, with the difference to UTC where it is another one than now; the time of day alone if it is the same day there as another instant.';

CREATE FUNCTION html_period(during tstzrange, zone text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, slt_internal, pg_temp
AS $$
DECLARE
	starts timestamptz := lower(during);
	ends timestamptz := CASE WHEN isfinite(upper(during)) THEN upper(during) END;
	first text := html_time(starts, zone, NULL);
BEGIN
	IF ends IS NULL THEN
		RETURN 'from ' || first || ' on';
	ELSIF (starts AT TIME ZONE zone) - (starts AT TIME ZONE 'UTC') = (ends AT TIME ZONE zone) - (ends AT TIME ZONE 'UTC') THEN
		first := regexp_replace(first, ' [(]UTC.*[)]', '');  -- the end says it
	END IF;
	RETURN first || ' to ' || html_time(ends, zone, starts) || ', ' || html_duration(date_trunc('second', ends - starts));
END $$;
COMMENT ON FUNCTION html_period(tstzrange, text) IS 'A range of time with a start for an HTML page: its ends, and how long it is, to the second.';

CREATE FUNCTION html_icon(state text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '<svg viewBox="0 0 24 24" aria-hidden="true">' || CASE state
		WHEN 'operational' THEN '<circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.5 3 3 6-6.5"/>'  -- a tick
		WHEN 'degraded' THEN '<path d="M12 3.2 22 20.5H2zM12 10v4.5M12 17.4v.1"/>'  -- a triangle
		WHEN 'down' THEN '<path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8zM9 9l6 6M15 9l-6 6"/>'  -- a cross in an octagon
		WHEN 'maintenance' THEN '<path d="M14.7 6.3a4.5 4.5 0 0 1 5.6-.6l-3 3 .4 2.6 2.6.4 1-1a4.5 4.5 0 0 1-6.2 4.2L8 22l-4-4 6.9-7.1a4.5 4.5 0 0 1 3.8-4.6z"/>'  -- a spanner
		ELSE '<circle cx="12" cy="12" r="9.5"/><path d="M9.3 9.3a2.8 2.8 0 1 1 3.9 2.7c-.8.4-1.2.9-1.2 1.8M12 17v.1"/>' END || '</svg>';  -- a question mark
END;
COMMENT ON FUNCTION html_icon(text) IS 'The sign of a state for an HTML page; it says nothing to a screen reader, so the word must stand beside it.';

CREATE FUNCTION html_state(state text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT '<span class="state ' || state || '">' || html_icon(state) || initcap(state) || '</span>';
END;
COMMENT ON FUNCTION html_state(text) IS 'A state for an HTML page, as a sign and a word.';

CREATE FUNCTION status_style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '
:root{color-scheme:light dark;
--page:#f6f7f7;--card:#ffffff;--line:#dfe3e4;--text:#1b2124;--muted:#566067;--link:#1a56b8;
--operational:#1b7a4d;--degraded:#a34f00;--down:#bd2318;--maintenance:#2459b5;--unknown:#626c74;
--operational-tint:#e9f4ee;--degraded-tint:#fbf0e3;--down-tint:#fcebe9;--maintenance-tint:#e9effa;--unknown-tint:#eef0f1;--bar:#3b9468}
@media (prefers-color-scheme:dark){:root{
--page:#121517;--card:#1a1e21;--line:#30373b;--text:#e9edee;--muted:#a3adb3;--link:#8fb6ff;
--operational:#55c98d;--degraded:#f2a950;--down:#ff8379;--maintenance:#8db1ff;--unknown:#a0abb2;
--operational-tint:#16291f;--degraded-tint:#30230f;--down-tint:#371a18;--maintenance-tint:#182540;--unknown-tint:#23292c;--bar:#45a877}}
*{box-sizing:border-box}
html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:56rem;padding:3rem 1.25rem 2rem;background:var(--page);color:var(--text);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,h4,p,ul,ol,dl,dd{margin:0;padding:0}ul,ol{list-style:none}h1{font-size:clamp(1.6rem,5vw,2.1rem);line-height:1.2;letter-spacing:-.02em;font-weight:650}
h2{font-size:1.15rem;letter-spacing:-.01em;font-weight:650;margin:2.75rem 0 .25rem}h3{font-size:1rem;font-weight:600}
.eyebrow{font-size:.85rem;font-weight:600;color:var(--muted)}
.note{color:var(--muted);font-size:.9rem}
svg{width:1.15em;height:1.15em;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;vertical-align:-.2em}
.operational{--c:var(--operational);--t:var(--operational-tint)}.degraded{--c:var(--degraded);--t:var(--degraded-tint)}
.down{--c:var(--down);--t:var(--down-tint)}.maintenance{--c:var(--maintenance);--t:var(--maintenance-tint)}.unknown,.closed{--c:var(--unknown);--t:var(--unknown-tint)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1.25rem;margin-top:.75rem}
.now{display:flex;gap:1rem;align-items:flex-start;background:var(--t);border:1px solid var(--c);border-radius:.75rem;padding:1.15rem 1.25rem;margin-top:1.5rem}
.now svg{width:1.9rem;height:1.9rem;color:var(--c);stroke-width:1.9;margin-top:.05rem}
.now h2{margin:0;font-size:1.3rem;line-height:1.45}.now p{font-size:.9rem}
.state{display:inline-flex;gap:.4em;align-items:center;color:var(--c);font-weight:600;font-size:.9rem;white-space:nowrap}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:.75rem;margin-top:.75rem}
.two .card{margin:0}
.figure{font-size:2.1rem;font-weight:650;letter-spacing:-.03em;line-height:1.25;display:block}
.meter{height:.5rem;border-radius:.25rem;background:var(--unknown-tint);border:1px solid var(--unknown);margin:.75rem 0 .5rem;overflow:hidden}
.meter i{display:block;height:100%;background:var(--c)}
section>h3{margin-top:1.25rem}
.name{display:flex;flex-wrap:wrap;gap:.1rem 1rem;justify-content:space-between;align-items:baseline}
.row+.row{border-top:1px solid var(--line);margin-top:1.15rem;padding-top:1.05rem}
.name strong,.name h4{flex:1 1 14rem;font-size:1rem;font-weight:600}
.sub{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem}
fieldset{border:0;margin:.45rem 0 0;padding:0;min-width:0;position:relative}
.bars{display:flex;height:2.5rem}
.d{flex:1 1 0;min-width:0;display:flex;align-items:flex-end;padding:0 .5px;cursor:pointer}.d i{display:block;width:100%;border-radius:1.5px;height:70%;background:var(--c)}.d.operational i{background:var(--bar)}
.d.degraded i{height:85%;background:linear-gradient(var(--c) 0 35%,transparent 35% 50%,var(--c) 50%)}.d.down i{height:100%}.d.maintenance i{background:repeating-linear-gradient(var(--c) 0 3px,transparent 3px 6px)}
.d.unknown i{height:70%;background:none;border:1px solid var(--c)}.d.closed i{height:15%}.d:hover i{filter:brightness(1.25)}.d input{position:absolute;opacity:0;width:1px;height:1px;margin:0}
.d input:checked+i{box-shadow:0 4px 0 -1px var(--card),0 7px 0 -1px var(--text)}.d input:focus-visible+i{outline:2px solid var(--text);outline-offset:2px;position:relative;z-index:2}
.d span{position:absolute;left:4.5rem;right:4.5rem;top:3.1rem;z-index:1;background:var(--card);text-align:center;font-size:.85rem;line-height:1.4rem;opacity:0;pointer-events:none}
.d input:checked~span,.bars .d:hover span{opacity:1}
.bars:hover .d:not(:hover) span{opacity:0}
.axis{display:flex;justify-content:space-between;color:var(--muted);font-size:.85rem;line-height:1.4rem;margin-top:.6rem}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;font-size:.85rem;color:var(--muted);margin:.35rem 0 0}
.legend li{display:flex;gap:.45rem;align-items:center}
.legend .d{flex:none;height:1.25rem;width:.5rem;padding:0;cursor:default;position:relative;top:-.2rem}
details{margin-top:.75rem;font-size:.9rem}
summary{cursor:pointer;color:var(--link);width:fit-content;border-radius:.25rem;padding:.15rem .25rem;margin-left:-.25rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.scroll{overflow:auto;max-height:28rem;border:1px solid var(--line);border-radius:.5rem;margin-top:.5rem;background:var(--card);overflow-wrap:normal}
table{border-collapse:collapse;font-size:.85rem;min-width:100%}
th,td{padding:.3rem .7rem;text-align:start;border-bottom:1px solid var(--line);vertical-align:top}td{white-space:nowrap}thead th{min-width:8rem}thead th,tbody th{font-weight:600;background:var(--card)}
thead th{position:sticky;top:0}tbody th{white-space:nowrap}
.list li+li{border-top:1px solid var(--line);margin-top:.9rem;padding-top:.85rem}
.text{white-space:pre-line;margin-top:.2rem}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--muted);font-size:.85rem}
footer p+p{margin-top:.4rem}
@media (max-width:54rem){.d span{left:0;right:0;top:4.5rem}.row fieldset{padding-bottom:1.6rem}}
@media (max-width:34rem){body{padding-top:1.75rem}.d{padding:0 .25px}.card{padding:1rem}.row fieldset{padding-bottom:2.2rem}}
@media (forced-colors:active){.d i,.meter i{forced-color-adjust:none;--c:CanvasText;--bar:CanvasText}}
@media print{body{background:none}details,.d span{display:none}}
';
END;
COMMENT ON FUNCTION status_style() IS 'The style sheet of the status page.';

CREATE FUNCTION html_name(t text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '<bdi>' || html(t) || '</bdi>';
COMMENT ON FUNCTION html_name(text) IS 'A name for an HTML page, set apart from the text around it.';

CREATE FUNCTION html_text(t text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce('<p class="text" dir="auto">' || html(t) || '</p>', '');
COMMENT ON FUNCTION html_text(text) IS 'A text for an HTML page, in its own direction; nothing for null.';

CREATE FUNCTION html_target(kind text, f @extschema@.slt_figures, zone text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, slt_internal, pg_temp
AS $$
DECLARE
	missed boolean := f.downtime > f.allowed;
	tone text := CASE WHEN missed THEN 'down' WHEN f.met THEN 'operational' ELSE 'degraded' END;
	used numeric := CASE WHEN f.downtime = '0' THEN 0 WHEN missed THEN 100 ELSE round(100 * extract(epoch FROM f.downtime) / extract(epoch FROM f.allowed), 1) END;
	downtime interval := date_trunc('second', f.downtime);
	allowed interval := date_trunc('second', f.allowed);
	title text := to_char(lower(f.period) AT TIME ZONE zone, CASE kind WHEN 'month' THEN 'FMMonth YYYY' ELSE 'YYYY' END);
BEGIN
	IF f.availability IS NULL THEN
		RETURN format('<div class="card"><h3>%s</h3>
<p class="figure">unknown</p>
<p class="note">Target %s%%. Nothing is recorded yet.</p></div>
', title, trim_scale(f.target));
	END IF;
	RETURN format('<div class="card"><h3>%s</h3>
<p class="figure"><data value="%s">%s%%</data></p>
<p class="state %s">%s%s</p>
<div class="meter %s" aria-hidden="true"><i style="width:%s%%"></i></div>
<p class="note">Downtime %s. %s</p></div>
', title, trim_scale(f.availability), trim_scale(trunc(f.availability, 3)), tone, html_icon(tone),
		format(CASE tone WHEN 'down' THEN 'Target of %s%% missed' WHEN 'degraded' THEN 'Below the target of %s%% so far' ELSE 'Target of %s%% met so far' END, trim_scale(f.target)),
		tone, used, html_duration(downtime),
		CASE WHEN missed THEN format('That is %s more than the %s allowed.', html_duration(downtime - allowed), html_duration(allowed))
			 ELSE format('%s of %s allowed are left.', html_duration(allowed - downtime), html_duration(allowed)) END);
END $$;
COMMENT ON FUNCTION html_target(text, @extschema@.slt_figures, text) IS 'The availability of a month or a year against the target, for an HTML page.';

CREATE FUNCTION html_promise(rows status_row[], zone text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(html_target(r.kind, r.figures, zone), '' ORDER BY r.n)
	FROM unnest(rows) WITH ORDINALITY r (kind, covered, state, since, day, figures, n)
	WHERE r.kind IN ('month', 'year');
END;
COMMENT ON FUNCTION html_promise(status_row[], text) IS 'Month and year on the status page.';

CREATE TYPE page_day AS (n int, name text, state text, day date, text text);
COMMENT ON TYPE page_day IS 'A day of an experience on the status page, in words; n is the place of the experience.';

CREATE FUNCTION page_days(rows status_row[])
RETURNS SETOF page_day
LANGUAGE sql STABLE PARALLEL SAFE ROWS 700
BEGIN ATOMIC
	SELECT CAST(dense_rank() OVER (ORDER BY (r.figures).experience_name) AS int), (r.figures).experience_name, r.state, r.day,
		   coalesce(trim_scale(trunc((r.figures).availability, 4)) || '%', CASE WHEN r.state = 'closed' THEN 'no service hours' WHEN (r.figures).unknown = '0' THEN 'not counted' ELSE 'unknown' END) ||
		   CASE WHEN (r.figures).downtime > '0' THEN ', downtime ' || html_duration((r.figures).downtime) ELSE '' END ||
		   CASE WHEN (r.figures).planned > '0' THEN ', planned work ' || html_duration((r.figures).planned) ELSE '' END ||
		   CASE WHEN (r.figures).unknown > '0' AND (r.figures).availability IS NOT NULL THEN ', unknown for ' || html_duration((r.figures).unknown) ELSE '' END
	FROM unnest(rows) r WHERE r.kind = 'day';
END;
COMMENT ON FUNCTION page_days(status_row[]) IS 'The days of the status page.';

CREATE FUNCTION html_charts(rows status_row[], days page_day[], zone text, counted boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(format('<div class="row">
<div class="name"><h4>%s</h4>%s</div>
<div class="sub"><p class="note">%s</p><p class="note">%s</p></div>
<fieldset><legend class="vh">Days of %s</legend>
<div class="bars">
%s
</div>
<p class="axis" aria-hidden="true"><span>%s</span><span>Today</span></p>
</fieldset>
</div>
', coalesce(html_name(d.name), 'Whole service'), html_state(r.state),
			coalesce('since ' || html_time(r.since, zone, NULL), CASE WHEN (r.figures).availability IS NULL THEN '' ELSE 'for more than ' || d.days || ' days' END),
			coalesce('<strong>' || trim_scale(trunc((r.figures).availability, 3)) || '%</strong> in ' || d.days || ' days', ''),
			coalesce(html_name(d.name), 'the whole service'), d.bars, to_char(d.first, 'FMDD Mon')), '' ORDER BY d.n)
	FROM unnest(rows) r
	JOIN (SELECT x.n, x.name, count(*) AS days, min(x.day) AS first, string_agg(format('<label class="d %s"><input type="radio" name="days-%s" value="%s"%s><i></i><span>%s: %s%s</span></label>',
				 x.state, x.n, to_char(x.day, 'YYYY-MM-DD'), CASE WHEN x.day = x.last THEN ' checked' ELSE '' END, to_char(x.day, 'Dy FMDD Mon YYYY'),
				 CASE WHEN x.state IN ('operational', 'unknown', 'closed') THEN '' ELSE x.state || ', ' END, x.text), E'\n' ORDER BY x.day) AS bars
		  FROM (SELECT w.*, max(w.day) OVER () AS last FROM unnest(days) w) x GROUP BY x.n, x.name) d ON d.name IS NOT DISTINCT FROM (r.figures).experience_name
	WHERE r.kind = 'experience' AND coalesce(r.covered, true) = counted;
END;
COMMENT ON FUNCTION html_charts(status_row[], page_day[], text, boolean) IS 'What counts, or what is only recorded, on the status page: the state now, and a bar for each day.';

CREATE FUNCTION html_table(days page_day[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '<thead>' || (SELECT '<tr><th scope="col">Day</th>' || string_agg('<th scope="col">' || coalesce(html_name(e.name), 'Whole service') || '</th>', '' ORDER BY e.n) || '</tr>'
						 FROM (SELECT DISTINCT d.n, d.name FROM unnest(days) d) e) ||
		   '</thead>
<tbody>' || string_agg('<tr><th scope="row"><time datetime="' || to_char(d.day, 'YYYY-MM-DD') || '">' || to_char(d.day, 'Dy FMDD Mon YYYY') || '</time></th>' || d.cells || '</tr>', E'\n' ORDER BY d.day DESC) || '</tbody>'
	FROM (SELECT w.day, string_agg('<td>' || w.text || '</td>', '' ORDER BY w.n) AS cells FROM unnest(days) w GROUP BY w.day) d;
END;
COMMENT ON FUNCTION html_table(page_day[]) IS 'The days of the status page as a table.';

CREATE FUNCTION page_state(rows status_row[], OUT state text, OUT headline text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- of what counts, or of all if nothing does: the worst, how many are in it, and of how many
	WITH counted AS (
		SELECT r.state FROM unnest(rows) r
		WHERE r.kind = 'experience' AND (r.covered IS NOT FALSE OR NOT EXISTS (SELECT FROM unnest(rows) c WHERE c.kind = 'experience' AND c.covered IS NOT FALSE))
	)
	SELECT w.state, CASE
		WHEN w.state = 'operational' THEN 'Everything is operational'
		WHEN w.affected = w.among THEN CASE w.state WHEN 'maintenance' THEN 'Maintenance is under way' WHEN 'unknown' THEN 'The current state is not known' ELSE 'The service is ' || w.state END
		WHEN w.state = 'unknown' THEN format('The state of %s of %s experiences is not known', w.affected, w.among)
		ELSE format('%s of %s experiences %s %s', w.affected, w.among, CASE w.affected WHEN 1 THEN 'is' ELSE 'are' END, CASE w.state WHEN 'maintenance' THEN 'in maintenance' ELSE w.state END) END
	FROM (SELECT c.state, count(*) AS affected, sum(count(*)) OVER () AS among FROM counted c GROUP BY c.state
		  ORDER BY array_position('{down,degraded,maintenance,unknown,operational}', c.state) LIMIT 1) w;
END;
COMMENT ON FUNCTION page_state(status_row[]) IS 'The headline of the status page.';

CREATE FUNCTION page_incidents(rows status_row[], service text, zone text, days int, most int, OUT going_on text, OUT past text, OUT more boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(i.html, '' ORDER BY i.n) FILTER (WHERE i.ongoing),
		   string_agg(i.html, '' ORDER BY i.n) FILTER (WHERE NOT i.ongoing AND i.n <= most),
		   bool_or(i.n > most)
	FROM (SELECT o.n, o.ongoing, format('<li><p class="name"><strong>%s</strong>%s</p><p class="note">%s</p>%s</li>
', coalesce(html_name(o.title), html_name(array_to_string(o.experiences, ', ', 'Whole service'))),
			-- a monitor that stopped reporting leaves the outage open that it saw
			html_state(CASE WHEN o.ongoing AND o.state = 'unknown' THEN 'unknown' WHEN o.planned THEN 'maintenance' WHEN o.impact = 'minor' THEN 'degraded' ELSE 'down' END),
			CASE WHEN o.ongoing THEN 'since ' || html_time(lower(o.during), zone, NULL) || CASE WHEN isfinite(upper(o.during)) THEN ', expected until ' || html_time(upper(o.during), zone, NULL) ELSE '' END
				 ELSE html_period(o.during, zone) END, html_text(o.note)) AS html
		  FROM (SELECT x.*, r.state, x.during @> now() AS ongoing, row_number() OVER () AS n
				FROM @extschema@.slt_status_incidents(service, days, most + 1) x
				LEFT JOIN unnest(rows) r ON r.kind = 'experience' AND (r.figures).experience_name = x.experiences[1]) o) i;
END;
COMMENT ON FUNCTION page_incidents(status_row[], text, text, int, int) IS 'Outages on the status page: those that go on, those that went on, and whether there were more.';

CREATE FUNCTION html_maintenance(service text, zone text, most int)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(format('<li><p class="name"><strong>%s</strong>%s</p><p class="note">%s</p>%s</li>
', CASE WHEN m.regular THEN 'Regular maintenance window' ELSE 'Planned work' END,
			CASE WHEN m.during @> now() THEN '<span class="state maintenance">' || html_icon('maintenance') || 'Now</span>' ELSE '' END,
			html_period(m.during, zone), html_text(m.reason)), '' ORDER BY m.during)
	FROM (SELECT r.* FROM (SELECT w.during, true AS regular, CAST(NULL AS text) AS reason FROM @extschema@.slt_next_maintenance(service, 10, now()) w WHERE w.regular ORDER BY w.during LIMIT 2) r
		  UNION ALL
		  (SELECT p.during, false, p.reason FROM list_maintenance() p
		   WHERE p.service = html_maintenance.service AND (upper_inf(p.during) OR upper(p.during) > now())
		   ORDER BY p.during LIMIT most)) m;
END;
COMMENT ON FUNCTION html_maintenance(text, text, int) IS 'Maintenance that is not over, for the status page.';

CREATE FUNCTION html_section(id text, title text, body text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(format('<section aria-labelledby="%s">
<h2 id="%s">%s</h2>
%s
</section>
', id, id, title, body), '');
COMMENT ON FUNCTION html_section(text, text, text) IS 'A section of the status page; nothing without a body.';

CREATE FUNCTION html_days(rows status_row[], zone text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '<ul class="legend" aria-label="What the bars mean">' ||
		   (SELECT string_agg(format('<li><span class="d %s"><i></i></span>%s</li>', s, s), '' ORDER BY n) FROM unnest('{operational,degraded,down,maintenance,unknown}'::text[]) WITH ORDINALITY u (s, n)) ||
		   '</ul>
' || coalesce('<h3>Covered by the target</h3>
<div class="card">' || html_charts(rows, d.days, zone, true) || '</div>
', '') || coalesce('<h3>Recorded, but not counted</h3>
<div class="card">' || html_charts(rows, d.days, zone, false) || '</div>
', '') || '<details><summary>All days as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-label="All days as a table"><table>' || html_table(d.days) || '</table></div></details>'
	FROM (SELECT array_agg(p) AS days FROM page_days(rows) p) d;
END;
COMMENT ON FUNCTION html_days(status_row[], text) IS 'The days on the status page: charts, and a table.';

CREATE FUNCTION html_page(title text, body text, footer text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; img-src data:; base-uri ''none''; form-action ''none''">
<meta name="color-scheme" content="light dark">
<title>' || title || '</title>
<link rel="icon" href="data:,">
<style>' || status_style() || '</style>
</head>
<body>
' || body || '</main>
<footer>
<p>' || footer || '</p>
</footer>
</body>
</html>';
COMMENT ON FUNCTION html_page(text, text, text) IS 'An HTML page around the body of the status page.';

CREATE FUNCTION status_page(service text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, slt_internal, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	days CONSTANT int := 90;
	most_incidents CONSTANT int := 50;
	most_maintenance CONSTANT int := 10;
	s record;
	rows status_row[];
	now_is record;
	outages record;
	zone text;
BEGIN
	SELECT * INTO s FROM service(status_page.service);
	rows := ARRAY(SELECT f FROM status_figures(s.name, days) f);
	SELECT * INTO now_is FROM page_state(rows);
	SELECT * INTO outages FROM page_incidents(rows, s.name, s.time_zone, days, most_incidents);
	zone := html(s.time_zone);
	RETURN html_page(html(s.name) || ': ' || now_is.headline, '<header>
<p class="eyebrow">Service status</p>
<h1>' || html_name(s.name) || '</h1>
<p class="note">' || coalesce(html_name(s.plan) || ' plan, ', '') || 'availability target ' || trim_scale(s.target) || '%</p>
</header>
<main>
<section class="now ' || now_is.state || '" aria-labelledby="now">
' || html_icon(now_is.state) || '
<div><h2 id="now">' || now_is.headline || '</h2>
<p>As of ' || html_time(date_trunc('second', now()), s.time_zone, NULL) || ', time zone ' || zone || '</p></div>
</section>
' ||
	html_section('going-on', 'Going on now', '<ul class="card list">' || outages.going_on || '</ul>') ||
	html_section('availability', 'Availability', '<div class="two">' || html_promise(rows, s.time_zone) || '</div>') ||
	html_section('days', 'The last ' || days || ' days', html_days(rows, s.time_zone)) ||
	html_section('maintenance', 'Maintenance', coalesce('<ul class="card list">' || html_maintenance(s.name, s.time_zone, most_maintenance) || '</ul>', '<p class="note">None is planned.</p>')) ||
	html_section('past', 'Past incidents', coalesce('<ol class="card list">' || outages.past || '</ol>' || CASE WHEN outages.more THEN '<p class="note">There were more; these are the latest.</p>' ELSE '' END,
		'<p class="note">None in the last ' || days || ' days.</p>')),
	'All times are those of the time zone ' || zone || '. Downtime counts as the service promises it: planned work in its window does not. Percentages are cut, not rounded up.');
END $$;
COMMENT ON FUNCTION status_page(text) IS 'slt_status_page().';

CREATE FUNCTION @extschema@.slt_status_page(service text DEFAULT NULL)
RETURNS @extschema@."text/html"
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(status_page(service) AS @extschema@."text/html");
COMMENT ON FUNCTION @extschema@.slt_status_page(text) IS
'The status of a service as an HTML page that needs nothing else: how it is now, the last 90 days, availability of the month and the year, incidents and maintenance, with times in the zone of the service. Without a name, the only service there is. Error 42704 for an unknown name, 22023 if the service must be named.';
