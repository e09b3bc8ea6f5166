-- slt 1.0: the install script, put together from sql/parts in the order of the Makefile.

\echo Use "CREATE EXTENSION slt" to load this file. \quit

-- The script may run as superuser for a user who owns the schema that it runs in, and may have put functions and
-- operators there.  slt's own functions live in a schema where nobody else can put anything beside them.  From the
-- policy on, names without a schema are looked for there and in pg_catalog only, and each object that users see is
-- made with its schema.
-- its name has it listed behind what people call, in \dx+ and tab completion
CREATE SCHEMA zz_slt_internal;
COMMENT ON SCHEMA zz_slt_internal IS 'What slt calls itself: functions, and views of its tables. Not for use: it may change with each release.';
GRANT USAGE ON SCHEMA zz_slt_internal TO PUBLIC;
