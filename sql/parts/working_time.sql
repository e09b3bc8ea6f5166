
-- working time: each function takes the calendar as a value, by name, or not at all ---------------------------------

CREATE FUNCTION working_add(at timestamptz, amount working_interval, calendar working_calendar, paused tstzmultirange DEFAULT NULL)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_value_working_add'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_add(at timestamptz, amount working_interval, calendar working_calendar, paused tstzmultirange) IS
'The instant by which an amount of working time has passed since an instant, or, for a negative amount, from which it passes until then. Working time in pauses does not count. Error 22008 if there is not that much working time. The calendar is a value.';

CREATE FUNCTION working_add(at timestamptz, amount working_interval, calendar text, paused tstzmultirange DEFAULT NULL)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_named_working_add'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_add(at timestamptz, amount working_interval, calendar text, paused tstzmultirange) IS
'The instant by which an amount of working time has passed since an instant, or, for a negative amount, from which it passes until then. Working time in pauses does not count. Error 22008 if there is not that much working time. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_add(at timestamptz, amount working_interval, paused tstzmultirange DEFAULT NULL)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_default_working_add'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_add(at timestamptz, amount working_interval, paused tstzmultirange) IS
'The instant by which an amount of working time has passed since an instant, or, for a negative amount, from which it passes until then. Working time in pauses does not count. Error 22008 if there is not that much working time. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_between("from" timestamptz, "to" timestamptz, calendar working_calendar, paused tstzmultirange DEFAULT NULL)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_value_working_between'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_between("from" timestamptz, "to" timestamptz, calendar working_calendar, paused tstzmultirange) IS
'The working time between two instants, in hours; negative if the second is the earlier one. Working time in pauses does not count. The calendar is a value.';

CREATE FUNCTION working_between("from" timestamptz, "to" timestamptz, calendar text, paused tstzmultirange DEFAULT NULL)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_named_working_between'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_between("from" timestamptz, "to" timestamptz, calendar text, paused tstzmultirange) IS
'The working time between two instants, in hours; negative if the second is the earlier one. Working time in pauses does not count. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_between("from" timestamptz, "to" timestamptz, paused tstzmultirange DEFAULT NULL)
RETURNS working_interval
AS 'MODULE_PATHNAME', 'slt_default_working_between'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION working_between("from" timestamptz, "to" timestamptz, paused tstzmultirange) IS
'The working time between two instants, in hours; negative if the second is the earlier one. Working time in pauses does not count. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION is_working(at timestamptz, calendar working_calendar)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_value_is_working'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION is_working(at timestamptz, calendar working_calendar) IS
'Tells whether an instant is working time; opening times are, closing times are not. The calendar is a value.';

CREATE FUNCTION is_working(at timestamptz, calendar text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_named_is_working'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION is_working(at timestamptz, calendar text) IS
'Tells whether an instant is working time; opening times are, closing times are not. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION is_working(at timestamptz)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_default_is_working'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION is_working(at timestamptz) IS
'Tells whether an instant is working time; opening times are, closing times are not. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION zz_slt_internal.is_due_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'slt_is_due_support'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.is_due_support(internal) IS 'Turns is_due() into a range of an index of its first argument, and estimates how many rows it finds.';
REVOKE EXECUTE ON FUNCTION zz_slt_internal.is_due_support(internal) FROM PUBLIC;

CREATE FUNCTION is_due(at timestamptz, amount working_interval, calendar working_calendar, during tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_value_is_due'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SUPPORT zz_slt_internal.is_due_support;
COMMENT ON FUNCTION is_due(at timestamptz, amount working_interval, calendar working_calendar, during tstzrange) IS
'Tells whether an amount of working time from an instant on is over in a range: working_add(at, amount, ...) <@ during. An index of the instant finds such rows. Error 22008 if there is not that much working time. The calendar is a value.';

CREATE FUNCTION is_due(at timestamptz, amount working_interval, calendar text, during tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_named_is_due'
LANGUAGE c STABLE STRICT PARALLEL SAFE SUPPORT zz_slt_internal.is_due_support;
COMMENT ON FUNCTION is_due(at timestamptz, amount working_interval, calendar text, during tstzrange) IS
'Tells whether an amount of working time from an instant on is over in a range: working_add(at, amount, ...) <@ during. An index of the instant finds such rows. Error 22008 if there is not that much working time. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION is_due(at timestamptz, amount working_interval, during tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_default_is_due'
LANGUAGE c STABLE STRICT PARALLEL SAFE SUPPORT zz_slt_internal.is_due_support;
COMMENT ON FUNCTION is_due(at timestamptz, amount working_interval, during tstzrange) IS
'Tells whether an amount of working time from an instant on is over in a range: working_add(at, amount, ...) <@ during. An index of the instant finds such rows. Error 22008 if there is not that much working time. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION zz_slt_internal.due_first(amount working_interval, calendar working_calendar, during tstzrange)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_due_first'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.due_first(amount working_interval, calendar working_calendar, during tstzrange) IS
'An instant that nothing starts before that is_due() in a range: a bound of an index scan.';

CREATE FUNCTION zz_slt_internal.due_first(amount working_interval, calendar text, during tstzrange)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_due_first'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.due_first(amount working_interval, calendar text, during tstzrange) IS
'An instant that nothing starts before that is_due() in a range: a bound of an index scan.';

CREATE FUNCTION zz_slt_internal.due_first(amount working_interval, during tstzrange)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_due_first'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.due_first(amount working_interval, during tstzrange) IS
'An instant that nothing starts before that is_due() in a range: a bound of an index scan.';

CREATE FUNCTION zz_slt_internal.due_last(amount working_interval, calendar working_calendar, during tstzrange)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_due_last'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.due_last(amount working_interval, calendar working_calendar, during tstzrange) IS
'An instant that nothing starts after that is_due() in a range: a bound of an index scan.';

CREATE FUNCTION zz_slt_internal.due_last(amount working_interval, calendar text, during tstzrange)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_due_last'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.due_last(amount working_interval, calendar text, during tstzrange) IS
'An instant that nothing starts after that is_due() in a range: a bound of an index scan.';

CREATE FUNCTION zz_slt_internal.due_last(amount working_interval, during tstzrange)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_due_last'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zz_slt_internal.due_last(amount working_interval, during tstzrange) IS
'An instant that nothing starts after that is_due() in a range: a bound of an index scan.';

CREATE FUNCTION next_working(at timestamptz, calendar working_calendar)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_value_next_working'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION next_working(at timestamptz, calendar working_calendar) IS
'The instant itself if it is working, else the next start of working time. Error 22008 if there is none. The calendar is a value.';

CREATE FUNCTION next_working(at timestamptz, calendar text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_named_next_working'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION next_working(at timestamptz, calendar text) IS
'The instant itself if it is working, else the next start of working time. Error 22008 if there is none. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION next_working(at timestamptz)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_default_next_working'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION next_working(at timestamptz) IS
'The instant itself if it is working, else the next start of working time. Error 22008 if there is none. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION previous_working(at timestamptz, calendar working_calendar)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_value_previous_working'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION previous_working(at timestamptz, calendar working_calendar) IS
'The instant itself if it is working, else the last end of working time before it. Error 22008 if there is none. The calendar is a value.';

CREATE FUNCTION previous_working(at timestamptz, calendar text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_named_previous_working'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION previous_working(at timestamptz, calendar text) IS
'The instant itself if it is working, else the last end of working time before it. Error 22008 if there is none. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION previous_working(at timestamptz)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_default_previous_working'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION previous_working(at timestamptz) IS
'The instant itself if it is working, else the last end of working time before it. Error 22008 if there is none. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_periods(during tstzrange, calendar working_calendar)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_value_working_periods'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_periods(during tstzrange, calendar working_calendar) IS
'The working time in a range of instants. Error 22023 if the range has no end. The calendar is a value.';

CREATE FUNCTION working_periods(during tstzrange, calendar text)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_named_working_periods'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_periods(during tstzrange, calendar text) IS
'The working time in a range of instants. Error 22023 if the range has no end. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_periods(during tstzrange)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_default_working_periods'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_periods(during tstzrange) IS
'The working time in a range of instants. Error 22023 if the range has no end. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_periods_on(day date, calendar working_calendar)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_value_working_periods_on'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_periods_on(day date, calendar working_calendar) IS
'The working time of a date of the calendar''s time zone, from midnight to midnight. The calendar is a value.';

CREATE FUNCTION working_periods_on(day date, calendar text)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_named_working_periods_on'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_periods_on(day date, calendar text) IS
'The working time of a date of the calendar''s time zone, from midnight to midnight. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_periods_on(day date)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_default_working_periods_on'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_periods_on(day date) IS
'The working time of a date of the calendar''s time zone, from midnight to midnight. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_today(calendar working_calendar)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_value_working_today'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_today(calendar working_calendar) IS
'The working time of today, which is the date that the calendar''s time zone has now, from midnight to midnight. The calendar is a value.';

CREATE FUNCTION working_today(calendar text)
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_named_working_today'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_today(calendar text) IS
'The working time of today, which is the date that the calendar''s time zone has now, from midnight to midnight. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_today()
RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'slt_default_working_today'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_today() IS
'The working time of today, which is the date that the calendar''s time zone has now, from midnight to midnight. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_days(during daterange, calendar working_calendar)
RETURNS SETOF date
AS 'MODULE_PATHNAME', 'slt_value_working_days'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days(during daterange, calendar working_calendar) IS
'The working days in a range of dates: the dates that have any working time. The calendar is a value.';

CREATE FUNCTION working_days(during daterange, calendar text)
RETURNS SETOF date
AS 'MODULE_PATHNAME', 'slt_named_working_days'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days(during daterange, calendar text) IS
'The working days in a range of dates: the dates that have any working time. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_days(during daterange)
RETURNS SETOF date
AS 'MODULE_PATHNAME', 'slt_default_working_days'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days(during daterange) IS
'The working days in a range of dates: the dates that have any working time. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_days_between("from" date, "to" date, calendar working_calendar)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_value_working_days_between'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days_between("from" date, "to" date, calendar working_calendar) IS
'How many working days there are from a date to before another; negative if the second is the earlier one. The calendar is a value.';

CREATE FUNCTION working_days_between("from" date, "to" date, calendar text)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_named_working_days_between'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days_between("from" date, "to" date, calendar text) IS
'How many working days there are from a date to before another; negative if the second is the earlier one. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_days_between("from" date, "to" date)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_default_working_days_between'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days_between("from" date, "to" date) IS
'How many working days there are from a date to before another; negative if the second is the earlier one. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION working_days_in_month(month date, calendar working_calendar)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_value_working_days_in_month'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days_in_month(month date, calendar working_calendar) IS
'How many working days there are in the month that a date is in. The calendar is a value.';

CREATE FUNCTION working_days_in_month(month date, calendar text)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_named_working_days_in_month'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days_in_month(month date, calendar text) IS
'How many working days there are in the month that a date is in. The calendar is the name of a row of slt_calendars; error 42704 for an unknown one.';

CREATE FUNCTION working_days_in_month(month date)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_default_working_days_in_month'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_days_in_month(month date) IS
'How many working days there are in the month that a date is in. The calendar is that of the setting slt.calendar.';

CREATE FUNCTION timestamptz_pl_working_interval(timestamptz, working_interval)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_default_working_add'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION timestamptz_pl_working_interval(timestamptz, working_interval) IS
'working_add() with the calendar of the setting slt.calendar.';

CREATE OPERATOR + (LEFTARG = timestamptz, RIGHTARG = working_interval, FUNCTION = timestamptz_pl_working_interval, COMMUTATOR = +);
COMMENT ON OPERATOR + (timestamptz, working_interval) IS 'add working time, by the calendar of slt.calendar';

CREATE FUNCTION working_interval_pl_timestamptz(working_interval, timestamptz)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_working_interval_pl_timestamptz'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION working_interval_pl_timestamptz(working_interval, timestamptz) IS
'working_add() with the calendar of the setting slt.calendar.';

CREATE OPERATOR + (LEFTARG = working_interval, RIGHTARG = timestamptz, FUNCTION = working_interval_pl_timestamptz, COMMUTATOR = +);
COMMENT ON OPERATOR + (working_interval, timestamptz) IS 'add working time, by the calendar of slt.calendar';

CREATE FUNCTION timestamptz_mi_working_interval(timestamptz, working_interval)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_timestamptz_mi_working_interval'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION timestamptz_mi_working_interval(timestamptz, working_interval) IS
'working_add() of the negative amount with the calendar of the setting slt.calendar.';

CREATE OPERATOR - (LEFTARG = timestamptz, RIGHTARG = working_interval, FUNCTION = timestamptz_mi_working_interval);
COMMENT ON OPERATOR - (timestamptz, working_interval) IS 'subtract working time, by the calendar of slt.calendar';

CREATE FUNCTION slt_calendar(name text)
RETURNS working_calendar
AS 'MODULE_PATHNAME', 'slt_calendar'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION slt_calendar(name text) IS
'The calendar of a row of slt_calendars and its holidays, as one value. Error 42704 for an unknown name.';


-- What types and operators are made of is not for people, so it goes where it is not in their way.
DO $$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid FROM pg_catalog.pg_proc p
		JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
		JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
		WHERE e.extname = 'slt' AND p.proname OPERATOR(pg_catalog.~) '^working_(interval|calendar)_|_working_interval$' AND p.proname OPERATOR(pg_catalog.<>) 'make_working_interval'
	LOOP
		EXECUTE pg_catalog.format('ALTER FUNCTION %s SET SCHEMA zz_slt_internal', f);
	END LOOP;
END $$;
