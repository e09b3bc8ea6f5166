-- slt 1.0: the install script, put together from sql/parts in this order:
-- types, working time, policy, deadlines, what is shipped, grants.

\echo Use "CREATE EXTENSION slt" to load this file. \quit
