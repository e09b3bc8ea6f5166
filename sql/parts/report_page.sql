SET LOCAL search_path = slt_internal, pg_temp;

-- the monthly report ---------------------------------------------------------------------------------------------

CREATE TYPE report_row AS (kind text, month date, customer text, contract text, severity text, metric text, opened bigint, met bigint, met_late bigint,
	breached bigint, open bigint, without_target bigint, percent_met numeric, attain numeric, attained boolean, median @extschema@.working_interval,
	percentile_90 @extschema@.working_interval, promised @extschema@.working_interval, paused bigint, paused_for @extschema@.working_interval,
	key text, run int, started timestamptz, due timestamptz, done timestamptz, late_by @extschema@.working_interval,
	"from" timestamptz, "to" timestamptz, what text, name text, worked @extschema@.working_interval, owed @extschema@.working_interval, note text);
COMMENT ON TYPE report_row IS 'A row of what the monthly report shows.';

CREATE FUNCTION report_rows(ticket_table regclass, during tstzrange, first_month date, customer_column text, customer text, most_late int)
RETURNS SETOF report_row
AS 'MODULE_PATHNAME', 'slt_report_rows'
LANGUAGE c STABLE ROWS 100;
COMMENT ON FUNCTION report_rows(regclass, tstzrange, date, text, text, int) IS
'All that the monthly report shows of a ticket table, which is read once as slt_report() reads it: of the clocks that started in a time groups by metric, by terms (contract and severity) and by customer; groups by month from a first one on; and the clocks that are late by most working time (late), each followed by the rows of slt_explain() (why). With a customer, only tickets of that one. Error 22023 without finite bounds, 42703 for an unknown column.';
