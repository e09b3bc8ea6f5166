
-- working_interval: an amount of working time ------------------------------------------------------------------

CREATE TYPE working_interval;

CREATE FUNCTION working_interval_in(cstring)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_in'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_in(cstring) IS
'Reads a working_interval: "2 working days", "1.5 hours", "P2DT4H". Error 22P02 says which part is wrong.';

CREATE FUNCTION working_interval_out(working_interval)
RETURNS cstring
AS 'MODULE_PATHNAME', 'slt_working_interval_out'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_out(working_interval) IS
'Writes a working_interval in its canonical form.';

CREATE FUNCTION working_interval_recv(internal)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_recv'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_recv(internal) IS
'Reads the binary form of a working_interval: days and microseconds, eight bytes each.';

CREATE FUNCTION working_interval_send(working_interval)
RETURNS bytea
AS 'MODULE_PATHNAME', 'slt_working_interval_send'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_send(working_interval) IS
'Writes the binary form of a working_interval.';

CREATE TYPE working_interval (
	INPUT = working_interval_in,
	OUTPUT = working_interval_out,
	RECEIVE = working_interval_recv,
	SEND = working_interval_send,
	INTERNALLENGTH = 16,
	ALIGNMENT = double,
	CATEGORY = 'T'
);
COMMENT ON TYPE working_interval IS
'An amount of working time: working days, and hours to the microsecond. In comparisons a working day is 8 hours; a calendar uses its own days.';

CREATE FUNCTION make_working_interval(days int DEFAULT 0, hours int DEFAULT 0, mins int DEFAULT 0, secs double precision DEFAULT 0)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_make_working_interval'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION make_working_interval(days int, hours int, mins int, secs double precision) IS
'Makes a working_interval of days, hours, minutes and seconds, all 0 if left out. Error 22008 if it is out of range.';

CREATE FUNCTION working_interval_eq(working_interval, working_interval)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_interval_eq'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_eq(working_interval, working_interval) IS
'Tells whether the first working_interval is equal to the second, a working day taken as 8 hours.';

CREATE FUNCTION working_interval_ne(working_interval, working_interval)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_interval_ne'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_ne(working_interval, working_interval) IS
'Tells whether the first working_interval is different from the second, a working day taken as 8 hours.';

CREATE FUNCTION working_interval_lt(working_interval, working_interval)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_interval_lt'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_lt(working_interval, working_interval) IS
'Tells whether the first working_interval is less than the second, a working day taken as 8 hours.';

CREATE FUNCTION working_interval_le(working_interval, working_interval)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_interval_le'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_le(working_interval, working_interval) IS
'Tells whether the first working_interval is at most the second, a working day taken as 8 hours.';

CREATE FUNCTION working_interval_gt(working_interval, working_interval)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_interval_gt'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_gt(working_interval, working_interval) IS
'Tells whether the first working_interval is greater than the second, a working day taken as 8 hours.';

CREATE FUNCTION working_interval_ge(working_interval, working_interval)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_working_interval_ge'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_ge(working_interval, working_interval) IS
'Tells whether the first working_interval is at least the second, a working day taken as 8 hours.';

CREATE OPERATOR = (
	LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (working_interval, working_interval) IS 'equal to';

CREATE OPERATOR <> (
	LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (working_interval, working_interval) IS 'different from';

CREATE OPERATOR < (
	LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (working_interval, working_interval) IS 'less than';

CREATE OPERATOR <= (
	LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (working_interval, working_interval) IS 'at most';

CREATE OPERATOR > (
	LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (working_interval, working_interval) IS 'greater than';

CREATE OPERATOR >= (
	LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (working_interval, working_interval) IS 'at least';

CREATE FUNCTION working_interval_cmp(working_interval, working_interval)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_working_interval_cmp'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_cmp(working_interval, working_interval) IS
'Orders two values of type working_interval for btree: less than 0, 0, or greater than 0.';

CREATE FUNCTION working_interval_hash(working_interval)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_working_interval_hash'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_hash(working_interval) IS
'Hashes a working_interval; equal values have equal hashes.';

CREATE FUNCTION working_interval_hash_extended(working_interval, bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'slt_working_interval_hash_extended'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_hash_extended(working_interval, bigint) IS
'Hashes a working_interval with a seed.';

CREATE OPERATOR CLASS working_interval_ops DEFAULT FOR TYPE working_interval USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 working_interval_cmp(working_interval, working_interval);
COMMENT ON OPERATOR CLASS working_interval_ops USING btree IS 'btree index on working_interval';

CREATE OPERATOR CLASS working_interval_ops DEFAULT FOR TYPE working_interval USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 working_interval_hash(working_interval),
	FUNCTION 2 working_interval_hash_extended(working_interval, bigint);
COMMENT ON OPERATOR CLASS working_interval_ops USING hash IS 'hash index on working_interval';

CREATE FUNCTION working_interval_um(working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_um'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_um(working_interval) IS
'Turns the sign of an amount. Error 22008 if the result is out of range.';

CREATE OPERATOR - (RIGHTARG = working_interval, FUNCTION = working_interval_um);
COMMENT ON OPERATOR - (NONE, working_interval) IS 'negate';

CREATE FUNCTION working_interval_pl(working_interval, working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_pl'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_pl(working_interval, working_interval) IS
'Adds two amounts, days and hours apart. Error 22008 if the result is out of range.';

CREATE OPERATOR + (LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_pl, COMMUTATOR = +);
COMMENT ON OPERATOR + (working_interval, working_interval) IS 'add';

CREATE FUNCTION working_interval_mi(working_interval, working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_mi'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_mi(working_interval, working_interval) IS
'Subtracts the second amount from the first, days and hours apart. Error 22008 if the result is out of range.';

CREATE OPERATOR - (LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_mi);
COMMENT ON OPERATOR - (working_interval, working_interval) IS 'subtract';

CREATE FUNCTION working_interval_mul(working_interval, double precision)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_mul'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_mul(working_interval, double precision) IS
'Multiplies an amount; a fraction of a working day becomes hours, 8 to the day. Error 22008 if the result is out of range.';

CREATE OPERATOR * (LEFTARG = working_interval, RIGHTARG = double precision, FUNCTION = working_interval_mul, COMMUTATOR = *);
COMMENT ON OPERATOR * (working_interval, double precision) IS 'multiply';

CREATE FUNCTION mul_d_working_interval(double precision, working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_mul_d_working_interval'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mul_d_working_interval(double precision, working_interval) IS
'Multiplies an amount; a fraction of a working day becomes hours, 8 to the day. Error 22008 if the result is out of range.';

CREATE OPERATOR * (LEFTARG = double precision, RIGHTARG = working_interval, FUNCTION = mul_d_working_interval, COMMUTATOR = *);
COMMENT ON OPERATOR * (double precision, working_interval) IS 'multiply';

CREATE FUNCTION working_interval_div(working_interval, double precision)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_div'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_div(working_interval, double precision) IS
'Divides an amount; a fraction of a working day becomes hours, 8 to the day. Error 22012 for division by zero.';

CREATE OPERATOR / (LEFTARG = working_interval, RIGHTARG = double precision, FUNCTION = working_interval_div);
COMMENT ON OPERATOR / (working_interval, double precision) IS 'divide';

CREATE FUNCTION working_interval_ratio(working_interval, working_interval)
RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_working_interval_ratio'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_ratio(working_interval, working_interval) IS
'How many times as long one amount is as another, a working day taken as 8 hours. Error 22012 if the other is nothing.';

CREATE OPERATOR / (LEFTARG = working_interval, RIGHTARG = working_interval, FUNCTION = working_interval_ratio);
COMMENT ON OPERATOR / (working_interval, working_interval) IS 'how many times as long';

CREATE FUNCTION abs(working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_abs'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION abs(working_interval) IS
'The amount, with both signs turned if it is less than nothing, a working day taken as 8 hours.';

CREATE OPERATOR @ (RIGHTARG = working_interval, FUNCTION = abs);
COMMENT ON OPERATOR @ (NONE, working_interval) IS 'absolute value';

CREATE FUNCTION working_hours(amount working_interval)
RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_working_hours'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_hours(working_interval) IS
'The amount as a number of hours, 8 to the working day: 2.5 for 2 hours 30 minutes. Infinity for an infinite amount.';

CREATE FUNCTION date_part(unit text, amount working_interval)
RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_working_interval_part'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION date_part(text, working_interval) IS
'A part of an amount: its day, hour, minute or second, as date_part() of an interval has them. Error 22023 for another unit.';

CREATE FUNCTION working_interval_smaller(working_interval, working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_smaller'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_smaller(working_interval, working_interval) IS
'Returns the lesser of two amounts.';

CREATE FUNCTION working_interval_larger(working_interval, working_interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_larger'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_larger(working_interval, working_interval) IS
'Returns the greater of two amounts.';

CREATE AGGREGATE min(working_interval) (
	SFUNC = working_interval_smaller, STYPE = working_interval, COMBINEFUNC = working_interval_smaller, SORTOP = <, PARALLEL = SAFE
);
COMMENT ON AGGREGATE min(working_interval) IS 'The least amount of working time, null if there is none.';

CREATE AGGREGATE max(working_interval) (
	SFUNC = working_interval_larger, STYPE = working_interval, COMBINEFUNC = working_interval_larger, SORTOP = >, PARALLEL = SAFE
);
COMMENT ON AGGREGATE max(working_interval) IS 'The greatest amount of working time, null if there is none.';

CREATE AGGREGATE sum(working_interval) (
	SFUNC = working_interval_pl, STYPE = working_interval, COMBINEFUNC = working_interval_pl, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum(working_interval) IS 'The sum of amounts of working time, days and hours apart; null if there is none. Error 22008 if it is out of range.';

CREATE FUNCTION working_interval_avg_accum(internal, working_interval)
RETURNS internal
AS 'MODULE_PATHNAME', 'slt_working_interval_avg_accum'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_avg_accum(internal, working_interval) IS
'Transition function of avg(working_interval).';

CREATE FUNCTION working_interval_avg_combine(internal, internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'slt_working_interval_avg_combine'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_avg_combine(internal, internal) IS
'Combine function of avg(working_interval).';

CREATE FUNCTION working_interval_avg_serialize(internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'slt_working_interval_avg_serialize'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_avg_serialize(internal) IS
'Serialization function of avg(working_interval).';

CREATE FUNCTION working_interval_avg_deserialize(bytea, internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'slt_working_interval_avg_deserialize'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_avg_deserialize(bytea, internal) IS
'Deserialization function of avg(working_interval).';

CREATE FUNCTION working_interval_avg_final(internal)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_working_interval_avg_final'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_avg_final(internal) IS
'Final function of avg(working_interval).';

CREATE AGGREGATE avg(working_interval) (
	SFUNC = working_interval_avg_accum, STYPE = internal, FINALFUNC = working_interval_avg_final,
	COMBINEFUNC = working_interval_avg_combine, SERIALFUNC = working_interval_avg_serialize, DESERIALFUNC = working_interval_avg_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE avg(working_interval) IS 'The average of amounts of working time, a fraction of a day as hours, 8 to the day; null if there is none.';

CREATE FUNCTION working_interval_to_interval(working_interval)
RETURNS interval
AS 'MODULE_PATHNAME', 'slt_working_interval_to_interval'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_to_interval(working_interval) IS
'Casts working time to an interval of hours; a working day is 8 hours. Error 22008 if it is out of range.';

CREATE FUNCTION interval_to_working_interval(interval)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_interval_to_working_interval'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION interval_to_working_interval(interval) IS
'Casts an interval to working time: its days become working days, its time hours. Error 22023 for an interval with months.';

CREATE CAST (working_interval AS interval) WITH FUNCTION working_interval_to_interval(working_interval);
COMMENT ON CAST (working_interval AS interval) IS 'hours; a working day is 8';

CREATE CAST (interval AS working_interval) WITH FUNCTION interval_to_working_interval(interval);
COMMENT ON CAST (interval AS working_interval) IS 'days become working days, time becomes hours';
