SET LOCAL search_path = zz_slt_internal, pg_temp;

-- pages: how they look -------------------------------------------------------------------------------------------

CREATE FUNCTION is_page_logo(logo text)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT length($1) <= 200000 AND ($1 ~ '^data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$'
		OR $1 ~ '^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/%?=&+-]*$' AND length($1) <= 1000);
END;
COMMENT ON FUNCTION is_page_logo(text) IS 'Whether a text is the address of a picture that a page may show: data:image/...;base64, or https.';

CREATE FUNCTION is_page_address(address text, place text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT length($1) <= 1000 AND a.address ~ '^(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/|$)|/(?!/)|[?]|[A-Za-z0-9._~%-]+([/?]|$))[A-Za-z0-9._~/%?=&+-]*$' AND
		   ($2 IS NULL OR strpos($1, $2) > 0)
	FROM (SELECT replace($1, coalesce($2, ''), '0') AS address) a;
END;
COMMENT ON FUNCTION is_page_address(text, text) IS 'Whether a text is an address of the web, or one relative to a page, that has a place in braces if one is named.';

CREATE TABLE @extschema@.slt_page_settings (
	service text PRIMARY KEY REFERENCES @extschema@.slt_services ON UPDATE CASCADE ON DELETE CASCADE,
	language text NOT NULL DEFAULT 'en' CONSTRAINT slt_page_settings_language_is_a_tag CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' AND length(language) <= 35),
	logo text CONSTRAINT slt_page_settings_logo_is_a_picture CHECK (is_page_logo(logo)),
	accent text CONSTRAINT slt_page_settings_accent_is_a_colour CHECK (accent ~ '^#[0-9A-Fa-f]{6}$'),
	header text CONSTRAINT slt_page_settings_header_is_a_colour CHECK (header ~ '^#[0-9A-Fa-f]{6}$'),
	page_address text CONSTRAINT slt_page_settings_page_address_is_an_address CHECK (is_page_address(page_address, NULL)),
	month_address text CONSTRAINT slt_page_settings_month_address_is_an_address CHECK (is_page_address(month_address, '{month}'))
);
COMMENT ON TABLE @extschema@.slt_page_settings IS 'How the pages of a service look. A service without a row has pages in English, in the colours of slt.';
COMMENT ON COLUMN @extschema@.slt_page_settings.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN @extschema@.slt_page_settings.language IS 'The language of its pages, one that slt_page_texts has texts of.';
COMMENT ON COLUMN @extschema@.slt_page_settings.logo IS 'A picture beside the name: data:image/png;base64,... (or jpeg, gif, webp, svg+xml), which needs no request, or an https address.';
COMMENT ON COLUMN @extschema@.slt_page_settings.accent IS 'The colour of links, #rrggbb. It is made darker or lighter as far as it takes to be read.';
COMMENT ON COLUMN @extschema@.slt_page_settings.header IS 'The colour behind the name, #rrggbb; what is written on it is black or white, whichever is read better. Null for none.';
COMMENT ON COLUMN @extschema@.slt_page_settings.page_address IS 'Where the status page is, so that the pages of months have a link to it: https://..., or relative to them.';
COMMENT ON COLUMN @extschema@.slt_page_settings.month_address IS 'Where the pages of months are, with {month} for 2026-11: status-{month}.html, /status?month={month}. Null: nothing links to them.';
SELECT pg_extension_config_dump('@extschema@.slt_page_settings', '');

CREATE FUNCTION list_page_settings()
RETURNS SETOF @extschema@.slt_page_settings
AS 'MODULE_PATHNAME', 'slt_list_rows'
LANGUAGE c STABLE PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION list_page_settings() IS 'The rows of slt_page_settings, for everyone.';

CREATE FUNCTION luminance(colour text)
RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- as WCAG 2 defines it
	SELECT sum(x.share * CASE WHEN x.c <= 0.04045 THEN x.c / 12.92 ELSE power((x.c + 0.055) / 1.055, 2.4) END)
	FROM (SELECT s.share, get_byte(decode(substr($1, 2), 'hex'), s.n) / CAST(255 AS double precision) AS c
		  FROM (VALUES (0, CAST(0.2126 AS double precision)), (1, 0.7152), (2, 0.0722)) s (n, share)) x;
END;
COMMENT ON FUNCTION luminance(text) IS 'How light a colour is, a text such as #1b7a4d, from 0 to 1.';

CREATE FUNCTION contrast(a text, b text)
RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (greatest(luminance(a), luminance(b)) + 0.05) / (least(luminance(a), luminance(b)) + 0.05);
COMMENT ON FUNCTION contrast(text, text) IS 'The contrast of two colours, from 1 to 21.';

CREATE FUNCTION readable_colour(colour text, ground text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- the least of twenty steps to black or to white, whichever is further from the ground, that can be read on it
	SELECT m.mixed
	FROM (SELECT s.step, '#' || string_agg(lpad(to_hex(CAST(round(x.c + ((CASE WHEN luminance($2) < 0.18 THEN 255 ELSE 0 END) - x.c) * s.step / 20.0) AS int)), 2, '0'), '' ORDER BY x.n) AS mixed
		  FROM generate_series(0, 20) s (step), (SELECT n.n, get_byte(decode(substr($1, 2), 'hex'), n.n) AS c FROM generate_series(0, 2) n (n)) x GROUP BY s.step) m
	WHERE contrast(m.mixed, $2) >= 4.6 ORDER BY m.step LIMIT 1;
END;
COMMENT ON FUNCTION readable_colour(text, text) IS 'A colour, made so much darker or lighter that text of it can be read on a ground.';
