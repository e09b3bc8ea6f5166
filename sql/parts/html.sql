SET LOCAL search_path = zz_slt_internal, pg_temp;

-- pages: what all of them are made of ----------------------------------------------------------------------------
--
-- Whatever comes from a table goes through html(), the texts of pages in texts().  What is in this script is ASCII,
-- so that it works in a database of any encoding.

CREATE DOMAIN @extschema@."text/html" AS text;
COMMENT ON DOMAIN @extschema@."text/html" IS 'Text that is an HTML page; a type of this name makes web servers such as PostgREST serve what a function returns as HTML.';

CREATE FUNCTION clean_text(t text, control text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	IF length(t) > 4000 THEN
		t := left(t, 4000) || ' ...';
	END IF;
	IF t ~ '[^ -~]' THEN
		t := replace(replace(t, chr(13) || chr(10), chr(10)), chr(13), chr(10));
		IF getdatabaseencoding() = 'UTF8' THEN
			t := regexp_replace(t, E'[\\u202A-\\u202E\\u2066-\\u2069]', '', 'g');
			t := regexp_replace(t, E'[\\u0001-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\uFFFE\\uFFFF]', control, 'g');
		ELSE
			t := regexp_replace(t, E'[\\u0001-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F]', control, 'g');
		END IF;
	END IF;
	RETURN t;
END $$;
COMMENT ON FUNCTION clean_text(text, text) IS
'Text of a table for a page or a feed: something else stands for control characters, marks that override or isolate the direction of writing are removed, lines end with a line feed, and after 4000 characters it is cut.';

CREATE FUNCTION html(t text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	-- control characters are shown to be there; a statement of its own, as other encodings have no such character
	IF getdatabaseencoding() = 'UTF8' THEN
		t := clean_text(t, chr(65533));
	ELSE
		t := clean_text(t, '?');
	END IF;
	RETURN replace(replace(replace(replace(replace(t, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
END $$;
COMMENT ON FUNCTION html(text) IS
'Text for an HTML page, between tags or in a quoted attribute: markup is escaped, control characters are replaced, marks that override or isolate the direction of writing are removed, and after 4000 characters it is cut.';

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

CREATE FUNCTION html_link(address text, body text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN address ~* '^https?://[^][:space:]/?#@:"<>\\^`{|}%[]+(:[0-9]{1,5})?([/?#]|$)' THEN '<a href="' || html(
	-- what cannot stand in an address is written as its code
	regexp_replace(regexp_replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(address, '"', '%22'), '<', '%3C'), '>', '%3E'), E'\\', '%5C'), '^', '%5E'),
		'`', '%60'), '{', '%7B'), '|', '%7C'), '}', '%7D'), '[', '%5B'), ']', '%5D'), '#(?=.*#)', '%23', 'g'), '%(?![0-9A-Fa-f]{2})', '%25', 'g')) || '" rel="noopener noreferrer nofollow">' || body || '</a>' END;
COMMENT ON FUNCTION html_link(text, text) IS 'A link for an HTML page to an address of the web, http or https; null for anything else.';

-- numbers, lengths of time, dates

CREATE FUNCTION html_digits(number text, texts jsonb)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_html_digits'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION html_digits(text, jsonb) IS 'A number, date or time of ASCII digits in the digits of a language.';

CREATE FUNCTION html_number(number numeric, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN html_digits(CAST(trim_scale(number) AS text), texts);
COMMENT ON FUNCTION html_number(numeric, jsonb) IS 'A number in the digits of a language.';

CREATE FUNCTION html_percent(percent numeric, digits int, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN say(texts, 'percent', ARRAY['n', html_number(trunc(percent, digits), texts)]);
COMMENT ON FUNCTION html_percent(numeric, int, jsonb) IS 'A percentage in a language, cut after so many digits of its fraction, never rounded up.';

CREATE FUNCTION html_duration(d interval, texts jsonb)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_html_duration'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION html_duration(interval, jsonb) IS 'A length of time in a language, such as 1 h 20 min 3 s, cut to the second; a day has 24 hours and a month 30 days.';

CREATE FUNCTION html_day(day date, kind text, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN say(texts, kind, ARRAY['weekday', say(texts, 'weekday.' || to_char(day, 'FMID')), 'day', html_digits(to_char(day, 'FMDD'), texts),
		'month', say(texts, CASE kind WHEN 'date.month' THEN 'month.' ELSE 'month.short.' END || to_char(day, 'FMMM')), 'year', html_digits(to_char(day, 'YYYY'), texts)]);
COMMENT ON FUNCTION html_day(date, text, jsonb) IS 'A date in a language, as a text has it: date, date.day (without the year) or date.month (without the day).';

CREATE FUNCTION html_time(at timestamptz, zone text, same_day_as timestamptz, texts jsonb)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	wall timestamp := at AT TIME ZONE zone;
	east interval;
	east_text text;
	said text;
BEGIN
	IF at IS NULL THEN
		RETURN NULL;
	ELSIF NOT isfinite(at) THEN
		RETURN say(texts, CASE WHEN at > now() THEN 'time.open' ELSE 'time.ever' END);
	END IF;
	east := wall - (at AT TIME ZONE 'UTC');
	east_text := CASE WHEN east < '0' THEN '-' ELSE '+' END || to_char(greatest(east, -east), 'HH24:MI');
	said := html_digits(to_char(wall, CASE WHEN floor(extract(second FROM wall)) = 0 THEN 'HH24:MI' ELSE 'HH24:MI:SS' END), texts);
	IF wall::date IS DISTINCT FROM (same_day_as AT TIME ZONE zone)::date THEN
		said := say(texts, 'date.time', ARRAY['date', html_day(wall::date, 'date', texts), 'time', said]);
	END IF;
	-- a time of before or after a clock change says so, unless the other one does
	IF east <> (now() AT TIME ZONE zone) - (now() AT TIME ZONE 'UTC') AND east IS DISTINCT FROM (same_day_as AT TIME ZONE zone) - (same_day_as AT TIME ZONE 'UTC') THEN
		said := say(texts, 'time.zone', ARRAY['time', said, 'offset', '<bdi>' || html_digits(east_text, texts) || '</bdi>']);
	END IF;
	RETURN format('<time datetime="%s%s">%s</time>', to_char(wall, 'YYYY-MM-DD"T"HH24:MI:SS'), east_text, said);
END $$;
COMMENT ON FUNCTION html_time(timestamptz, text, timestamptz, jsonb) IS
'An instant for an HTML page, as a time element: date and time of day in the zone, to the second, with the difference to UTC where it is another one than now; the time of day alone if it is the same day there as another instant.';

CREATE FUNCTION html_period(during tstzrange, zone text, texts jsonb)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	starts timestamptz := lower(during);
	ends timestamptz := CASE WHEN isfinite(upper(during)) THEN upper(during) END;
BEGIN
	IF ends IS NULL THEN
		RETURN say(texts, 'period.open', ARRAY['from', html_time(starts, zone, NULL, texts)]);
	END IF;
	RETURN say(texts, 'period', ARRAY['from', html_time(starts, zone, NULL, texts), 'to', html_time(ends, zone, starts, texts), 'length', html_duration(ends - starts, texts)]);
END $$;
COMMENT ON FUNCTION html_period(tstzrange, text, jsonb) IS 'A range of time with a start for an HTML page: its ends, and how long it is, to the second.';

CREATE FUNCTION html_logo(logo text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce('<img src="' || replace(logo, '&', '&amp;') || '" alt="">', '');
COMMENT ON FUNCTION html_logo(text) IS 'A logo for an HTML page, whole: is_page_logo() lets in nothing else that means something there. Nothing for null.';

CREATE FUNCTION html_list(items text[], most int, texts jsonb)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	n int := coalesce(cardinality(items), 0);
	said text := items[1];
BEGIN
	-- one more than most is named as well, since "and 1 more" is no shorter
	FOR i IN 2 .. CASE WHEN n > most + 1 THEN most ELSE n END LOOP
		said := say(texts, CASE WHEN i < n THEN 'list.next' WHEN n = 2 THEN 'list.two' ELSE 'list.last' END, ARRAY['first', said, 'last', items[i]]);
	END LOOP;
	RETURN CASE WHEN n > most + 1 THEN say(texts, 'list.more', ARRAY['names', said, 'n', html_number(n - most, texts)]) ELSE said END;
END $$;
COMMENT ON FUNCTION html_list(text[], int, jsonb) IS 'A list in words: a, b and c; what is more than most is counted; null for none.';

-- states

CREATE FUNCTION html_icons()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '<svg class="vh" aria-hidden="true"><defs>
<symbol id="i-operational" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.5 3 3 6-6.5"/></symbol>
<symbol id="i-degraded" viewBox="0 0 24 24"><path d="M12 3.2 22 20.5H2zM12 10v4.5M12 17.4v.1"/></symbol>
<symbol id="i-down" viewBox="0 0 24 24"><path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8zM9 9l6 6M15 9l-6 6"/></symbol>
<symbol id="i-maintenance" viewBox="0 0 24 24"><path d="M14.7 6.3a4.5 4.5 0 0 1 5.6-.6l-3 3 .4 2.6 2.6.4 1-1a4.5 4.5 0 0 1-6.2 4.2L8 22l-4-4 6.9-7.1a4.5 4.5 0 0 1 3.8-4.6z"/></symbol>
<symbol id="i-unknown" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9.5"/><path d="M9.3 9.3a2.8 2.8 0 1 1 3.9 2.7c-.8.4-1.2.9-1.2 1.8M12 17v.1"/></symbol>
</defs></svg>
';
COMMENT ON FUNCTION html_icons() IS 'The signs of states, for html_icon(): a tick, a triangle, a cross in an octagon, a spanner, a question mark.';

CREATE FUNCTION html_icon(state text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '<svg aria-hidden="true"><use href="#i-' || CASE state WHEN 'closed' THEN 'unknown' ELSE state END || '"/></svg>';
COMMENT ON FUNCTION html_icon(text) IS 'The sign of a state on a page; it says nothing to a screen reader, so the word must stand beside it.';

CREATE FUNCTION html_state(state text, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN '<span class="state ' || state || '">' || html_icon(state) || say(texts, 'state.' || state) || '</span>';
COMMENT ON FUNCTION html_state(text, jsonb) IS 'A state for an HTML page, as a sign and a word.';

-- the page around it

CREATE FUNCTION html_section(id text, title text, body text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN body IS NULL THEN '' ELSE format('<section aria-labelledby="%s">
<h2 id="%s">%s</h2>
%s
</section>
', id, id, title, body) END;
COMMENT ON FUNCTION html_section(text, text, text) IS 'A section of an HTML page; nothing without a body.';
