
-- working_calendar: a zone and its rules ------------------------------------------------------------------------

CREATE TYPE working_calendar;

CREATE FUNCTION working_calendar_in(cstring)
RETURNS working_calendar
AS 'MODULE_PATHNAME', 'slt_working_calendar_in'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_in(cstring) IS
'Reads a working_calendar, such as "Africa/Cairo Su-Fr 09:00-17:00; 2026 Jan 07 off". Error 22P02 says which part is wrong.';

CREATE FUNCTION working_calendar_out(working_calendar)
RETURNS cstring
AS 'MODULE_PATHNAME', 'slt_working_calendar_out'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_out(working_calendar) IS
'Writes a working_calendar in its canonical form.';

CREATE FUNCTION working_calendar_recv(internal)
RETURNS working_calendar
AS 'MODULE_PATHNAME', 'slt_working_calendar_recv'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_recv(internal) IS
'Reads the binary form of a working_calendar: a format number and the text.';

CREATE FUNCTION working_calendar_send(working_calendar)
RETURNS bytea
AS 'MODULE_PATHNAME', 'slt_working_calendar_send'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_send(working_calendar) IS
'Writes the binary form of a working_calendar.';

CREATE TYPE working_calendar (
	INPUT = working_calendar_in,
	OUTPUT = working_calendar_out,
	RECEIVE = working_calendar_recv,
	SEND = working_calendar_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE working_calendar IS
'When work is done: a time zone and rules in the grammar of OpenStreetMap opening_hours, such as "Africa/Cairo Su-Fr 09:00-17:00; 2026 Jan 07 off".';

CREATE FUNCTION working_time_zone(calendar working_calendar)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_working_time_zone'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_time_zone(calendar working_calendar) IS
'The time zone of a working calendar, by its IANA name.';

CREATE FUNCTION working_calendar_union(working_calendar, working_calendar)
RETURNS working_calendar
AS 'MODULE_PATHNAME', 'slt_working_calendar_union'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_union(working_calendar, working_calendar) IS
'Combines two values of type working_calendar: the result is open when either of the two is.';

CREATE OPERATOR | (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_union
);
COMMENT ON OPERATOR | (working_calendar, working_calendar) IS 'open when either of the two is';

CREATE FUNCTION working_calendar_intersection(working_calendar, working_calendar)
RETURNS working_calendar
AS 'MODULE_PATHNAME', 'slt_working_calendar_intersection'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_intersection(working_calendar, working_calendar) IS
'Combines two values of type working_calendar: the result is open when both are.';

CREATE OPERATOR & (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_intersection
);
COMMENT ON OPERATOR & (working_calendar, working_calendar) IS 'open when both are';

CREATE FUNCTION working_calendar_difference(working_calendar, working_calendar)
RETURNS working_calendar
AS 'MODULE_PATHNAME', 'slt_working_calendar_difference'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_difference(working_calendar, working_calendar) IS
'Combines two values of type working_calendar: the result is open when the first is and the second is not.';

CREATE OPERATOR - (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_difference
);
COMMENT ON OPERATOR - (working_calendar, working_calendar) IS 'open when the first is and the second is not';

CREATE FUNCTION working_calendar_eq(working_calendar, working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_calendar_eq'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_eq(working_calendar, working_calendar) IS
'Tells whether the first working_calendar is equal to the second by their canonical text.';

CREATE FUNCTION working_calendar_ne(working_calendar, working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_calendar_ne'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_ne(working_calendar, working_calendar) IS
'Tells whether the first working_calendar is different from the second by their canonical text.';

CREATE FUNCTION working_calendar_lt(working_calendar, working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_calendar_lt'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_lt(working_calendar, working_calendar) IS
'Tells whether the first working_calendar is less than the second by their canonical text.';

CREATE FUNCTION working_calendar_le(working_calendar, working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_calendar_le'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_le(working_calendar, working_calendar) IS
'Tells whether the first working_calendar is at most the second by their canonical text.';

CREATE FUNCTION working_calendar_gt(working_calendar, working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_calendar_gt'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_gt(working_calendar, working_calendar) IS
'Tells whether the first working_calendar is greater than the second by their canonical text.';

CREATE FUNCTION working_calendar_ge(working_calendar, working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_calendar_ge'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_ge(working_calendar, working_calendar) IS
'Tells whether the first working_calendar is at least the second by their canonical text.';

CREATE OPERATOR = (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (working_calendar, working_calendar) IS 'equal to';

CREATE OPERATOR <> (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (working_calendar, working_calendar) IS 'different from';

CREATE OPERATOR < (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (working_calendar, working_calendar) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (working_calendar, working_calendar) IS 'at most';

CREATE OPERATOR > (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (working_calendar, working_calendar) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = working_calendar, RIGHTARG = working_calendar, FUNCTION = working_calendar_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (working_calendar, working_calendar) IS 'at least';

CREATE FUNCTION working_calendar_cmp(working_calendar, working_calendar)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_working_calendar_cmp'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_cmp(working_calendar, working_calendar) IS
'Orders two values of type working_calendar for btree: less than 0, 0, or greater than 0.';

CREATE FUNCTION working_calendar_hash(working_calendar)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_working_calendar_hash'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_hash(working_calendar) IS
'Hashes a working_calendar; equal values have equal hashes.';

CREATE FUNCTION working_calendar_hash_extended(working_calendar, bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'slt_working_calendar_hash_extended'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_calendar_hash_extended(working_calendar, bigint) IS
'Hashes a working_calendar with a seed.';

CREATE OPERATOR CLASS working_calendar_ops DEFAULT FOR TYPE working_calendar USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 working_calendar_cmp(working_calendar, working_calendar);
COMMENT ON OPERATOR CLASS working_calendar_ops USING btree IS 'btree index on working_calendar';

CREATE OPERATOR CLASS working_calendar_ops DEFAULT FOR TYPE working_calendar USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 working_calendar_hash(working_calendar),
	FUNCTION 2 working_calendar_hash_extended(working_calendar, bigint);
COMMENT ON OPERATOR CLASS working_calendar_ops USING hash IS 'hash index on working_calendar';

