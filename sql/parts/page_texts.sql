SET LOCAL search_path = zz_slt_internal, pg_temp;

-- pages: their texts ---------------------------------------------------------------------------------------------
--
-- What pages say is data.  known_texts has what there is to say, in English; slt_page_texts has it in languages, and
-- what a language lacks is said in English.  Names of places, in braces, are filled in.

CREATE TABLE known_texts (
	name text PRIMARY KEY,
	says text NOT NULL
);
COMMENT ON TABLE known_texts IS 'The texts that pages know, by name, in English: what is said if slt_page_texts has nothing, and the places in braces that a text can have.';
GRANT SELECT ON known_texts TO PUBLIC;

CREATE TABLE @extschema@.slt_page_texts (
	language text NOT NULL CONSTRAINT slt_page_texts_language_is_a_tag CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' AND length(language) <= 35),
	name text NOT NULL,
	text text NOT NULL,
	shipped text REFERENCES @extschema@.slt_shipped,
	PRIMARY KEY (language, name)
);
COMMENT ON TABLE @extschema@.slt_page_texts IS 'What pages say, by language. Edit it freely: what a language lacks is said in English.';
COMMENT ON COLUMN @extschema@.slt_page_texts.language IS 'The language, a tag as HTML has it: en, ar, pt-BR.';
COMMENT ON COLUMN @extschema@.slt_page_texts.name IS 'Which text; English has all of them.';
COMMENT ON COLUMN @extschema@.slt_page_texts.text IS 'What is said: plain text, in which the names in braces are filled in.';
COMMENT ON COLUMN @extschema@.slt_page_texts.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_page_texts', '');

CREATE FUNCTION list_page_texts()
RETURNS SETOF @extschema@.slt_page_texts
AS 'MODULE_PATHNAME', 'slt_list_rows'
LANGUAGE c STABLE PARALLEL SAFE ROWS 300;
COMMENT ON FUNCTION list_page_texts() IS 'The rows of slt_page_texts, for everyone.';

CREATE FUNCTION check_page_text()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	english text := (SELECT k.says FROM known_texts k WHERE k.name = NEW.name);
	wrong text;
BEGIN
	IF english IS NULL THEN
		RAISE EXCEPTION 'text "%" of pages does not exist', left(NEW.name, 100) USING ERRCODE = 'undefined_object', HINT = 'SELECT name, says FROM zz_slt_internal.known_texts has them all.';
	END IF;
	wrong := CASE
		WHEN NEW.text !~ '\S' THEN 'It is blank.'
		WHEN length(NEW.text) > 1000 THEN 'It has more than 1000 characters.'
		WHEN NEW.text ~ '[\x01-\x1f\x7f]' THEN 'It has a control character.'
		WHEN NEW.name = 'direction' AND NEW.text NOT IN ('ltr', 'rtl') THEN 'The direction is ltr or rtl.'
		WHEN NEW.name = 'digits' AND (NEW.text !~ '^[^\s<>&"'']{10}$' OR EXISTS (SELECT FROM unnest(string_to_array(NEW.text, NULL)) c WHERE octet_length(c) * 10 <> octet_length(NEW.text)))
			THEN 'The digits are ten characters, from zero to nine.'
		ELSE (SELECT format('It has the place {%s}; English has %s.', p.place, coalesce((SELECT string_agg(e.e[1], ' ') FROM regexp_matches(english, '\{[^}]*\}', 'g') e (e)), 'none'))
			  FROM (SELECT m.m[1] AS place FROM regexp_matches(NEW.text, '\{([^}]*)\}', 'g') m (m)) p WHERE strpos(english, '{' || p.place || '}') = 0 LIMIT 1) END;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'text "%" of language "%" cannot be said', NEW.name, left(NEW.language, 100) USING ERRCODE = 'invalid_parameter_value', DETAIL = wrong,
			HINT = format('In English it is "%s".', english);
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION check_page_text() IS 'Trigger of slt_page_texts: a text is one that pages know, and has no other places in braces than it has in English.';
REVOKE ALL ON FUNCTION check_page_text() FROM PUBLIC;

CREATE TRIGGER slt_check_page_text BEFORE INSERT OR UPDATE ON @extschema@.slt_page_texts FOR EACH ROW EXECUTE FUNCTION check_page_text();

CREATE FUNCTION ship_texts(language text, texts text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	EXECUTE format('INSERT INTO %I.slt_page_texts SELECT $1, t.key, t.value, $3 FROM json_each_text($2::json) t',
				   (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'slt')) USING language, texts, '1.0';
EXCEPTION WHEN untranslatable_character OR feature_not_supported THEN
	NULL;  -- this database's encoding does not have the letters of the language
END $$;
COMMENT ON FUNCTION ship_texts(text, text) IS 'For CREATE EXTENSION: adds texts of a language, a JSON object, unless the encoding of the database lacks its letters.';
REVOKE ALL ON FUNCTION ship_texts(text, text) FROM PUBLIC;

-- what everything on a page is made of

INSERT INTO known_texts (name, says) VALUES
	('direction', 'ltr'), ('digits', '0123456789'), ('decimal mark', '.'), ('percent', '{n}%'),
	('list.two', '{first} and {last}'), ('list.next', '{first}, {last}'), ('list.last', '{first} and {last}'), ('list.more', '{names} and {n} more'),
	('weekday.1', 'Mon'), ('weekday.2', 'Tue'), ('weekday.3', 'Wed'), ('weekday.4', 'Thu'), ('weekday.5', 'Fri'), ('weekday.6', 'Sat'), ('weekday.7', 'Sun'),
	('month.1', 'January'), ('month.2', 'February'), ('month.3', 'March'), ('month.4', 'April'), ('month.5', 'May'), ('month.6', 'June'),
	('month.7', 'July'), ('month.8', 'August'), ('month.9', 'September'), ('month.10', 'October'), ('month.11', 'November'), ('month.12', 'December'),
	('month.short.1', 'Jan'), ('month.short.2', 'Feb'), ('month.short.3', 'Mar'), ('month.short.4', 'Apr'), ('month.short.5', 'May'), ('month.short.6', 'Jun'),
	('month.short.7', 'Jul'), ('month.short.8', 'Aug'), ('month.short.9', 'Sep'), ('month.short.10', 'Oct'), ('month.short.11', 'Nov'), ('month.short.12', 'Dec'),
	('date', '{weekday} {day} {month} {year}'), ('date.day', '{day} {month}'), ('date.month', '{month} {year}'), ('date.time', '{date}, {time}'), ('time.zone', '{time} (UTC{offset})'),
	('duration.days', '{n} d'), ('duration.hours', '{n} h'), ('duration.minutes', '{n} min'), ('duration.seconds', '{n} s'), ('duration.less', 'under {n} s'),
	('period', '{from} to {to}, {length}'), ('period.open', 'from {from} on'), ('time.open', 'open'), ('time.ever', 'ever'),
	('state.operational', 'Operational'), ('state.degraded', 'Degraded'), ('state.down', 'Down'), ('state.maintenance', 'Maintenance'), ('state.unknown', 'Unknown'), ('state.closed', 'No service hours');

CREATE FUNCTION texts(language text)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	wanted CONSTANT text := left(coalesce(texts.language, 'en'), 100);
	english jsonb := (SELECT jsonb_object_agg(k.name, html(k.says)) FROM known_texts k) ||
					 coalesce((SELECT jsonb_object_agg(t.name, html(t.text)) FROM list_page_texts() t WHERE t.language = 'en'), '{}');
	own CONSTANT jsonb := (SELECT jsonb_object_agg(t.name, html(t.text) ORDER BY length(t.language)) FROM list_page_texts() t
						   WHERE t.language <> 'en' AND starts_with(lower(wanted || '-'), lower(t.language || '-')));
	languages text;
BEGIN
	IF own IS NULL AND NOT starts_with(lower(wanted || '-'), 'en-') THEN
		languages := (SELECT string_agg(DISTINCT t.language, ', ') FROM list_page_texts() t);
		RAISE EXCEPTION 'there are no texts of language "%"', wanted USING ERRCODE = 'undefined_object', HINT = format('Languages with texts are %s.', coalesce(languages, 'en'));
	ELSIF own ->> 'direction' = 'rtl' THEN  -- English among it goes from left to right, whatever is filled in
		english := (SELECT jsonb_object_agg(e.key, CASE WHEN e.key IN ('direction', 'digits', 'decimal mark') THEN e.value ELSE '&#8294;' || e.value || '&#8297;' END) FROM jsonb_each_text(english) e);
	END IF;
	RETURN english || coalesce(own, '{}') || jsonb_build_object('language', html(wanted));
END $$;
COMMENT ON FUNCTION texts(text) IS
'The texts of a language (null: English) as say() takes them, made for HTML: what it lacks is that of the language without its region, or English. Error 42704 for a language without any text.';

CREATE FUNCTION say(texts jsonb, name text, filled_in text[] DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'slt_say'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION say(jsonb, text, text[]) IS 'A text of those that texts() gave, with names and values of its places by turns, which are HTML already; null if any is null.';
