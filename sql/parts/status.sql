SET LOCAL search_path = @extschema@, pg_temp;

-- status ---------------------------------------------------------------------------------------------------------
--
-- What people want to see of a service.  As slt_availability(), these functions
-- read the tables for everyone.

CREATE FUNCTION slt_status_figures(service text, days int,
								   OUT kind text, OUT experience text, OUT covered boolean, OUT state text, OUT since timestamptz,
								   OUT day date, OUT period tstzrange, OUT availability numeric, OUT downtime interval,
								   OUT planned interval, OUT excluded interval, OUT unknown interval, OUT coverage numeric,
								   OUT target numeric, OUT met boolean, OUT allowed interval, OUT budget_left interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_status_figures'
LANGUAGE c STABLE PARALLEL SAFE ROWS 800;
COMMENT ON FUNCTION slt_status_figures(text, int) IS
'All that the status page shows of a service, outages read once: a row of the kind experience for each, with its state now, followed by a row of the kind day for each day up to today; then, of the whole service, the month and the year. The figures are those of slt_availability_report(). With 0 days, only the states, and since when each is in it however long ago; otherwise null if that was before the time read.';

CREATE FUNCTION slt_status(service text DEFAULT NULL,
						   OUT experience text, OUT covered boolean, OUT status text, OUT since timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.experience, f.covered, f.state, f.since FROM @extschema@.slt_status_figures(service, 0) f WHERE f.kind = 'experience';
$$;
COMMENT ON FUNCTION slt_status(text) IS
'How each experience of a service is now: operational, degraded (a partial outage), down, maintenance (a planned outage, or maintenance that is planned for now), or unknown (no check vouches for it); and since when it has been so, null if nothing was ever recorded. Without a name, the only service there is. Error 42704 for an unknown name, 22023 if the service must be named.';

CREATE FUNCTION slt_status_history(service text DEFAULT NULL, days int DEFAULT 90,
								   OUT experience text, OUT covered boolean, OUT day date, OUT availability numeric, OUT downtime interval,
								   OUT planned interval, OUT excluded interval, OUT unknown interval, OUT state text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 700 SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.experience, f.covered, f.day, f.availability, f.downtime, f.planned, f.excluded, f.unknown, f.state
	FROM @extschema@.slt_status_figures(service, days) f WHERE f.kind = 'day';
$$;
COMMENT ON FUNCTION slt_status_history(text, int) IS
'Each experience of a service day by day, the last of them today as far as it has passed, in the zone of the service: availability in percent, null if nothing is known; downtime that counts, time of planned outages and what of it is excluded, unknown time; and the worst state there was: down, degraded, maintenance, unknown (if all of it was) or operational. Error 22023 for less than 0 or more than 3660 days, otherwise as in slt_status().';

CREATE FUNCTION slt_status_summary(service text DEFAULT NULL,
								   OUT period text, OUT during tstzrange, OUT availability numeric, OUT downtime interval,
								   OUT target numeric, OUT met boolean, OUT allowed interval, OUT budget_left interval)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.kind, f.period, f.availability, f.downtime, f.target, f.met, f.allowed, f.budget_left
	FROM @extschema@.slt_status_figures(service, 1) f WHERE f.kind IN ('month', 'year');
$$;
COMMENT ON FUNCTION slt_status_summary(text) IS
'The availability of a service in the current month and the current year, in its zone: what slt_availability_report() says of them, with the downtime that the target allows until their ends. Errors as in slt_status().';

CREATE FUNCTION slt_status_incidents(service text DEFAULT NULL, days int DEFAULT 90, most int DEFAULT 50,
									 OUT id bigint, OUT experience text, OUT during tstzrange, OUT planned boolean, OUT weight numeric, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_status_incidents'
LANGUAGE c STABLE PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION slt_status_incidents(text, int, int) IS
'Outages of a service that went on in the last days, in its zone, up to so many: first those that go on, then the latest. Errors as in slt_status_history().';

-- the status page ------------------------------------------------------------------------------------------------
--
-- The page is put together here, from rows that the functions above give to
-- everyone.  Whatever comes from a table goes through slt_html().  The script
-- and the page's own text are ASCII, so that both work in a database of any
-- encoding.

CREATE DOMAIN "text/html" AS text;
COMMENT ON DOMAIN "text/html" IS 'Text that is an HTML page; a type of this name makes web servers such as PostgREST serve what a function returns as HTML.';

CREATE FUNCTION slt_html(t text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION slt_html(text) IS
'Text for an HTML page, between tags or in a quoted attribute: markup is escaped, control characters are replaced, marks that override or isolate the direction of writing are removed, and after 4000 characters it is cut.';

CREATE FUNCTION slt_html_duration(d interval)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_html_duration'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION slt_html_duration(interval) IS 'A length of time for an HTML page, such as 1&nbsp;h 20&nbsp;min 3.5&nbsp;s; a day has 24 hours and a month 30 days.';

CREATE FUNCTION slt_html_time(at timestamptz, zone text, same_day_as timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION slt_html_time(timestamptz, text, timestamptz) IS
'An instant for an HTML page, as a time element: date and time of day in the zone, to the second, with the difference to UTC where it is another one than now; the time of day alone if it is the same day there as another instant.';

CREATE FUNCTION slt_html_period(during tstzrange, zone text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	starts timestamptz := lower(during);
	ends timestamptz := CASE WHEN isfinite(upper(during)) THEN upper(during) END;
	first text := @extschema@.slt_html_time(starts, zone);
BEGIN
	IF ends IS NULL THEN
		RETURN 'from ' || first || ' on';
	ELSIF (starts AT TIME ZONE zone) - (starts AT TIME ZONE 'UTC') = (ends AT TIME ZONE zone) - (ends AT TIME ZONE 'UTC') THEN
		first := regexp_replace(first, ' [(]UTC.*[)]', '');  -- the end says it
	END IF;
	RETURN first || ' to ' || @extschema@.slt_html_time(ends, zone, starts) || ', ' || @extschema@.slt_html_duration(date_trunc('second', ends - starts));
END $$;
COMMENT ON FUNCTION slt_html_period(tstzrange, text) IS 'A range of time with a start for an HTML page: its ends, and how long it is, to the second.';

CREATE FUNCTION slt_html_icon(state text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '<svg viewBox="0 0 24 24" aria-hidden="true">' || CASE state
		WHEN 'operational' THEN '<circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.5 3 3 6-6.5"/>'  -- a tick
		WHEN 'degraded' THEN '<path d="M12 3.2 22 20.5H2zM12 10v4.5M12 17.4v.1"/>'  -- a triangle
		WHEN 'down' THEN '<path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8zM9 9l6 6M15 9l-6 6"/>'  -- a cross in an octagon
		WHEN 'maintenance' THEN '<path d="M14.7 6.3a4.5 4.5 0 0 1 5.6-.6l-3 3 .4 2.6 2.6.4 1-1a4.5 4.5 0 0 1-6.2 4.2L8 22l-4-4 6.9-7.1a4.5 4.5 0 0 1 3.8-4.6z"/>'  -- a spanner
		ELSE '<circle cx="12" cy="12" r="9.5"/><path d="M9.3 9.3a2.8 2.8 0 1 1 3.9 2.7c-.8.4-1.2.9-1.2 1.8M12 17v.1"/>' END || '</svg>';  -- a question mark
$$;
COMMENT ON FUNCTION slt_html_icon(text) IS 'The sign of a state for an HTML page; it says nothing to a screen reader, so the word must stand beside it.';

CREATE FUNCTION slt_html_state(state text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '<span class="state ' || state || '">' || @extschema@.slt_html_icon(state) || initcap(state) || '</span>';
$$;
COMMENT ON FUNCTION slt_html_state(text) IS 'A state for an HTML page, as a sign and a word.';

CREATE FUNCTION slt_status_style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $style$
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
h1,h2,h3,h4,p,ul,ol,dl,dd{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:clamp(1.6rem,5vw,2.1rem);line-height:1.2;letter-spacing:-.02em;font-weight:650}
h2{font-size:1.15rem;letter-spacing:-.01em;font-weight:650;margin:2.75rem 0 .25rem}
h3{font-size:1rem;font-weight:600}
.eyebrow{font-size:.85rem;font-weight:600;color:var(--muted)}
.note{color:var(--muted);font-size:.9rem}
svg{width:1.15em;height:1.15em;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;vertical-align:-.2em}
.operational{--c:var(--operational);--t:var(--operational-tint)}.degraded{--c:var(--degraded);--t:var(--degraded-tint)}
.down{--c:var(--down);--t:var(--down-tint)}.maintenance{--c:var(--maintenance);--t:var(--maintenance-tint)}.unknown{--c:var(--unknown);--t:var(--unknown-tint)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1.25rem;margin-top:.75rem}
.now{display:flex;gap:1rem;align-items:flex-start;background:var(--t);border:1px solid var(--c);border-radius:.75rem;padding:1.15rem 1.25rem;margin-top:1.5rem}
.now svg{width:1.9rem;height:1.9rem;color:var(--c);stroke-width:1.9;margin-top:.05rem}
.now h2{margin:0;font-size:1.3rem;line-height:1.45}
.now p{font-size:.9rem}
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
.d{flex:1 1 0;min-width:0;display:flex;align-items:flex-end;padding:0 .5px;cursor:pointer}
.d i{display:block;width:100%;border-radius:1.5px;height:70%;background:var(--c)}
.d.operational i{background:var(--bar)}
.d.degraded i{height:85%;background:linear-gradient(var(--c) 0 35%,transparent 35% 50%,var(--c) 50%)}
.d.down i{height:100%}
.d.maintenance i{background:repeating-linear-gradient(var(--c) 0 3px,transparent 3px 6px)}
.d.unknown i{height:70%;background:none;border:1px solid var(--c)}
.d:hover i{filter:brightness(1.25)}
.d input{position:absolute;opacity:0;width:1px;height:1px;margin:0}
.d input:checked+i{box-shadow:0 4px 0 -1px var(--card),0 7px 0 -1px var(--text)}
.d input:focus-visible+i{outline:2px solid var(--text);outline-offset:2px;position:relative;z-index:2}
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
th,td{padding:.3rem .7rem;text-align:start;border-bottom:1px solid var(--line);vertical-align:top}
td{white-space:nowrap}
thead th{min-width:8rem}
thead th,tbody th{font-weight:600;background:var(--card)}
thead th{position:sticky;top:0}
tbody th{white-space:nowrap}
.list li+li{border-top:1px solid var(--line);margin-top:.9rem;padding-top:.85rem}
.text{white-space:pre-line;margin-top:.2rem}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--muted);font-size:.85rem}
footer p+p{margin-top:.4rem}
@media (max-width:54rem){.d span{left:0;right:0;top:4.5rem}.row fieldset{padding-bottom:1.6rem}}
@media (max-width:34rem){body{padding-top:1.75rem}.d{padding:0 .25px}.card{padding:1rem}.row fieldset{padding-bottom:2.2rem}}
@media (forced-colors:active){.d i,.meter i{forced-color-adjust:none;--c:CanvasText;--bar:CanvasText}}
@media print{body{background:none}details,.d span{display:none}}
';
$style$;
COMMENT ON FUNCTION slt_status_style() IS 'The style sheet of the status page.';

CREATE FUNCTION slt_html_target(kind text, during tstzrange, zone text, availability numeric, downtime interval, target numeric, met boolean, allowed interval)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missed boolean := downtime > allowed;
	tone text := CASE WHEN missed THEN 'down' WHEN met THEN 'operational' ELSE 'degraded' END;
	used numeric := CASE WHEN missed OR allowed = '0' THEN 100 ELSE round(100 * extract(epoch FROM downtime) / extract(epoch FROM allowed), 1) END;
BEGIN
	downtime := date_trunc('second', downtime);
	allowed := date_trunc('second', allowed);
	RETURN format('<div class="card"><h3>%s</h3>
<p class="figure">%s</p>
', to_char(lower(during) AT TIME ZONE zone, CASE kind WHEN 'month' THEN 'FMMonth YYYY' ELSE 'YYYY' END),
		CASE WHEN availability IS NULL THEN 'unknown' ELSE format('<data value="%s">%s%%</data>', trim_scale(availability), trim_scale(trunc(availability, 3))) END) ||
	CASE WHEN availability IS NULL THEN format('<p class="note">Target %s%%. Nothing is recorded yet.</p></div>
', trim_scale(target))
	ELSE format('<p class="state %s">%s%s</p>
<div class="meter %s" aria-hidden="true"><i style="width:%s%%"></i></div>
<p class="note">Downtime %s. %s</p></div>
', tone, @extschema@.slt_html_icon(tone),
		format(CASE tone WHEN 'down' THEN 'Target of %s%% missed' WHEN 'degraded' THEN 'Below the target of %s%% so far' ELSE 'Target of %s%% met so far' END, trim_scale(target)), tone, CASE WHEN downtime = '0' THEN 0 ELSE used END, @extschema@.slt_html_duration(downtime),
		CASE WHEN missed THEN format('That is %s more than the %s allowed.', @extschema@.slt_html_duration(downtime - allowed), @extschema@.slt_html_duration(allowed))
			 ELSE format('%s of %s allowed are left.', @extschema@.slt_html_duration(allowed - downtime), @extschema@.slt_html_duration(allowed)) END) END;
END $$;
COMMENT ON FUNCTION slt_html_target(text, tstzrange, text, numeric, interval, numeric, boolean, interval) IS
'The availability of a month or a year against the target, for an HTML page.';

CREATE FUNCTION slt_status_page(service text DEFAULT NULL)
RETURNS @extschema@."text/html"
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	days CONSTANT int := 90;
	most_incidents CONSTANT int := 50;
	most_maintenance CONSTANT int := 10;
	of record;         -- the service
	state_of jsonb;    -- of each experience
	state text;        -- the worst that an experience is in now
	states text[];     -- of all that count
	affected int;      -- how many are in the worst
	among int;
	headline text;
	past_goes_on boolean;
	-- the rest is HTML
	promise text;
	charts text;
	charts_apart text;
	table_head text;
	table_body text;
	going_on text;
	past text;
	work text;
BEGIN
	SELECT s.*, (now() AT TIME ZONE s.time_zone)::date AS today, '<bdi>' || @extschema@.slt_html(s.name) || '</bdi>' AS html, @extschema@.slt_html(s.time_zone) AS zone_html
	INTO STRICT of
	FROM @extschema@.slt_service(service) s;

	WITH figure AS MATERIALIZED (
		SELECT f.*, row_number() OVER () AS n FROM @extschema@.slt_status_figures(of.name, days) f
	), entry AS MATERIALIZED (
		SELECT f.n, f.experience, f.covered, f.state, f.since, f.availability, '<bdi>' || @extschema@.slt_html(f.experience) || '</bdi>' AS name
		FROM figure f WHERE f.kind = 'experience'
	), day AS MATERIALIZED (
		SELECT f.experience, f.day, f.state, f.downtime, to_char(f.day, 'YYYY-MM-DD') AS iso, to_char(f.day, 'Dy FMDD Mon YYYY') AS date,
			   coalesce(trim_scale(trunc(f.availability, 4)) || '%', CASE WHEN f.unknown = '0' AND f.planned = '0' THEN 'no service hours' WHEN f.unknown = '0' THEN 'not counted' ELSE 'unknown' END) ||
			   CASE WHEN f.downtime > '0' THEN ', downtime ' || @extschema@.slt_html_duration(f.downtime) ELSE '' END ||
			   CASE WHEN f.planned > '0' THEN ', planned work ' || @extschema@.slt_html_duration(f.planned) ELSE '' END ||
			   CASE WHEN f.unknown > '0' AND f.availability IS NOT NULL THEN ', unknown for ' || @extschema@.slt_html_duration(f.unknown) ELSE '' END AS figures
		FROM figure f WHERE f.kind = 'day'
	), counted AS (
		-- experiences that count, or all if none does
		SELECT e.state FROM entry e WHERE e.covered OR NOT EXISTS (SELECT FROM entry c WHERE c.covered)
	), chart AS (
		SELECT d.experience, min(d.day) AS first_day,
			   string_agg('<label class="d ' || d.state || '"><input type="radio" name="days-' || e.n || '" value="' || d.iso || '" autocomplete="off"' || CASE WHEN d.day = of.today THEN ' checked' ELSE '' END ||
				   '><i></i><span>' || d.date || ': ' || CASE WHEN d.state IN ('operational', 'unknown') THEN '' ELSE d.state || ', ' END || d.figures || '</span></label>', E'\n' ORDER BY d.day) AS bars
		FROM day d JOIN entry e ON e.experience = d.experience
		GROUP BY d.experience
	), row AS (
		SELECT e.n, e.covered, format('<div class="row">
<div class="name"><h4>%s</h4>%s</div>
<div class="sub"><p class="note">%s</p><p class="note">%s</p></div>
<fieldset><legend class="vh">Days of %s</legend>
<div class="bars">
%s
</div>
<p class="axis" aria-hidden="true"><span>%s</span><span>Today</span></p>
</fieldset>
</div>
', e.name, @extschema@.slt_html_state(e.state), coalesce('since ' || @extschema@.slt_html_time(e.since, of.time_zone), CASE WHEN e.availability IS NULL THEN '' ELSE 'for more than ' || days || ' days' END),
			coalesce('<strong>' || trim_scale(trunc(e.availability, 3)) || '%</strong> in ' || days || ' days', ''),
			e.name, c.bars, to_char(c.first_day, 'FMDD Mon')) AS html
		FROM entry e JOIN chart c ON c.experience = e.experience
	)
	SELECT (SELECT jsonb_object_agg(e.experience, e.state) FROM entry e),
		   (SELECT c.state FROM counted c ORDER BY array_position('{down,degraded,maintenance,unknown,operational}', c.state) LIMIT 1),
		   (SELECT array_agg(c.state) FROM counted c),
		   (SELECT string_agg(@extschema@.slt_html_target(p.kind, p.period, of.time_zone, p.availability, p.downtime, p.target, p.met, p.allowed), '' ORDER BY p.n)
			FROM figure p WHERE p.kind IN ('month', 'year')),
		   (SELECT string_agg(r.html, '' ORDER BY r.n) FROM row r WHERE r.covered),
		   (SELECT string_agg(r.html, '' ORDER BY r.n) FROM row r WHERE NOT r.covered),
		   (SELECT '<tr><th scope="col">Day</th>' || string_agg('<th scope="col">' || e.name || '</th>', '' ORDER BY e.n) || '</tr>' FROM entry e),
		   (SELECT string_agg('<tr><th scope="row"><time datetime="' || d.iso || '">' || d.date || '</time></th>' || d.cells, E'</tr>\n' ORDER BY d.day DESC) || '</tr>'
			FROM (SELECT c.day, c.iso, c.date, string_agg('<td>' || c.figures || '</td>', '' ORDER BY e.n) AS cells
				  FROM day c JOIN entry e ON e.experience = c.experience GROUP BY c.day, c.iso, c.date) d)
	INTO state_of, state, states, promise, charts, charts_apart, table_head, table_body;
	affected := cardinality(array_positions(states, state));
	among := cardinality(states);
	headline := CASE
		WHEN state IS NULL THEN 'No experience is defined'
		WHEN state = 'operational' THEN 'Everything is operational'
		WHEN affected = among THEN CASE state WHEN 'maintenance' THEN 'Maintenance is under way' WHEN 'unknown' THEN 'The current state is not known' ELSE 'The service is ' || state END
		WHEN state = 'maintenance' THEN format('%s of %s experiences %s in maintenance', affected, among, CASE affected WHEN 1 THEN 'is' ELSE 'are' END)
		WHEN state = 'unknown' THEN format('The state of %s of %s experiences is not known', affected, among)
		ELSE format('%s of %s experiences %s %s', affected, among, CASE affected WHEN 1 THEN 'is' ELSE 'are' END, state) END;

	SELECT string_agg(i.html, '' ORDER BY i.n) FILTER (WHERE i.ongoing),
		   string_agg(i.html, '' ORDER BY i.n) FILTER (WHERE NOT i.ongoing AND i.n <= most_incidents),
		   bool_or(i.n > most_incidents)
	INTO going_on, past, past_goes_on
	FROM (SELECT o.n, o.ongoing, format('<li><p class="name"><strong>%s</strong>%s</p><p class="note">%s</p>%s</li>
', coalesce('<bdi>' || @extschema@.slt_html(o.experience) || '</bdi>', 'Whole service'),
			-- a monitor that stopped reporting leaves the outage open that it saw
			@extschema@.slt_html_state(CASE WHEN o.ongoing AND state_of ->> o.experience = 'unknown' THEN 'unknown' WHEN o.planned THEN 'maintenance' WHEN o.weight < 1 THEN 'degraded' ELSE 'down' END),
			CASE WHEN o.ongoing THEN 'since ' || @extschema@.slt_html_time(lower(o.during), of.time_zone) || CASE WHEN isfinite(upper(o.during)) THEN ', expected until ' || @extschema@.slt_html_time(upper(o.during), of.time_zone) ELSE '' END
				 ELSE @extschema@.slt_html_period(o.during, of.time_zone) END,
			coalesce('<p class="text" dir="auto">' || @extschema@.slt_html(o.note) || '</p>', '')) AS html
		  FROM (SELECT x.*, x.during @> now() AS ongoing, row_number() OVER (ORDER BY lower(x.during) DESC, x.id DESC) AS n
				FROM @extschema@.slt_status_incidents(of.name, days, most_incidents + 1) x) o) i;

	SELECT string_agg(format('<li><p class="name"><strong>%s</strong>%s</p><p class="note">%s</p>%s</li>
', CASE WHEN m.regular THEN 'Regular maintenance window' ELSE 'Planned work' END,
			CASE WHEN m.during @> now() THEN '<span class="state maintenance">' || @extschema@.slt_html_icon('maintenance') || 'Now</span>' ELSE '' END,
			@extschema@.slt_html_period(m.during, of.time_zone),
			coalesce('<p class="text" dir="auto">' || @extschema@.slt_html(m.reason) || '</p>', '')), '' ORDER BY m.n)
	INTO work
	FROM (SELECT x.*, row_number() OVER (ORDER BY x.during) AS n
		  FROM (SELECT r.during, true AS regular, NULL AS reason
				FROM (SELECT w.during FROM @extschema@.slt_next_maintenance(of.name, 10) w WHERE w.regular ORDER BY w.during LIMIT 2) r
				UNION ALL
				(SELECT p.during, false, p.reason FROM @extschema@.slt_list_maintenance() p
				 WHERE p.service = of.name AND (upper_inf(p.during) OR upper(p.during) > now())
				 ORDER BY p.during LIMIT most_maintenance)) x) m;

	RETURN '<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; img-src data:; base-uri ''none''; form-action ''none''">
<meta name="color-scheme" content="light dark">
<title>' || @extschema@.slt_html(of.name) || ': ' || headline || '</title>
<link rel="icon" href="data:,">
<style>' || @extschema@.slt_status_style() || '</style>
</head>
<body>
<header>
<p class="eyebrow">Service status</p>
<h1>' || of.html || '</h1>
<p class="note">' || coalesce('<bdi>' || @extschema@.slt_html(of.plan) || '</bdi> plan, ', '') || 'availability target ' || trim_scale(of.target) || '%</p>
</header>
<main>
<section class="now ' || coalesce(state, 'unknown') || '" aria-labelledby="now">
' || @extschema@.slt_html_icon(coalesce(state, 'unknown')) || '
<div><h2 id="now">' || headline || '</h2>
<p>As of ' || @extschema@.slt_html_time(date_trunc('second', now()), of.time_zone) || ', time zone ' || of.zone_html || '</p></div>
</section>
' || coalesce('<section aria-labelledby="going-on">
<h2 id="going-on">Going on now</h2>
<ul class="card list">' || going_on || '</ul>
</section>
', '') || coalesce('<section aria-labelledby="availability">
<h2 id="availability">Availability</h2>
<div class="two">' || promise || '</div>
</section>
', '') || coalesce('<section aria-labelledby="days">
<h2 id="days">The last ' || days || ' days</h2>
<ul class="legend" aria-label="What the bars mean">' || (SELECT string_agg(format('<li><span class="d %s"><i></i></span>%s</li>', s, s), '' ORDER BY n) FROM unnest('{operational,degraded,down,maintenance,unknown}'::text[]) WITH ORDINALITY u (s, n)) || '</ul>
' || nullif(coalesce('<h3>Covered by the target</h3>
<div class="card">' || charts || '</div>
', '') || coalesce('<h3>Recorded, but not counted</h3>
<div class="card">' || charts_apart || '</div>
', ''), '') || '<details><summary>All days as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-label="All days as a table"><table><thead>' || table_head || '</thead>
<tbody>' || table_body || '</tbody></table></div></details>
</section>
', '') || '<section aria-labelledby="maintenance">
<h2 id="maintenance">Maintenance</h2>
' || coalesce('<ul class="card list">' || work || '</ul>', '<p class="note">None is planned.</p>') || '
</section>
<section aria-labelledby="past">
<h2 id="past">Past incidents</h2>
' || coalesce('<ol class="card list">' || past || '</ol>' || CASE WHEN past_goes_on THEN '<p class="note">There were more; these are the latest.</p>' ELSE '' END,
			  '<p class="note">None in the last ' || days || ' days.</p>') || '
</section>
</main>
<footer>
<p>All times are those of the time zone ' || of.zone_html || '. Downtime counts as the service promises it: planned work in its window does not. Percentages are cut, not rounded up.</p>
</footer>
</body>
</html>';
END $$;
COMMENT ON FUNCTION slt_status_page(text) IS
'The status of a service as an HTML page that needs nothing else: how it is now, the last 90 days, availability of the month and the year, incidents and maintenance, with times in the zone of the service. Without a name, the only service there is. Error 42704 for an unknown name, 22023 if the service must be named.';
