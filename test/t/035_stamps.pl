# What is stamped: the ways in which a table names severity, contract, calendar and kind, and keeps its times; whatever a
# session has set, and whatever way a row is written; and what is not known, which stops no ticket.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('stamps', bare => 1, conf => "max_prepared_transactions = 2\n");
my $stamps = q{shown.stamp(slt_response_due, slt_response_met) || ' | ' || shown.stamp(slt_resolution_due, slt_resolution_met)};
my $s1 = 'Mon 02-02 14:00 | Wed 02-04 10:00';  # S1, Standard, opened on Monday, 2 February 2026, at 10:00 in Cairo
my $s2 = 'Tue 02-03 10:00 | Thu 02-05 10:00';  # the same, S2
my $ten = q{'2026-02-02 10:00+02'};
my $ends = q{done_at => '{"resolution": "resolved"}'};

# ---------- severity, contract and kind of request: the ways to name them ----------

# every promise has an amount of its own here, so that the deadline tells which one was found
new_database($node, 'ways');
$node->safe_psql('ways', <<'SQL');
DELETE FROM slt_targets;
INSERT INTO slt_calendars (name, calendar) VALUES ('Night', 'Africa/Cairo Mo-Su 21:00-06:00');
INSERT INTO slt_targets (contract, severity, metric, amount)
SELECT c, s, 'resolution', make_working_interval(hours => n::int)
FROM (VALUES (1, 'Standard', 'S1'), (2, 'Standard', 'S2'), (3, 'Standard', 'S3'), (4, 'Priority', 'S1'), (5, 'Priority', 'S2'), (6, 'Priority', 'S3')) v (n, c, s);
CREATE TYPE urgency AS ENUM ('S1', 'S2', 'later');
CREATE DOMAIN short_text AS text CHECK (length(VALUE) < 20);
CREATE TABLE ways (
	id int PRIMARY KEY DEFAULT 1, opened timestamptz DEFAULT '2026-02-02 09:00+02', code text, padded char(6), short varchar(10), named name, dom short_text,
	urgent urgency, level int, tiny smallint, big bigint, exact numeric, vague double precision, flag boolean, plan text, impact int, kind text, kind_id int,
	resolved timestamptz
);
CREATE FUNCTION promise(due timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(CASE WHEN due = '2026-02-02 22:00+02' THEN 'Night hours' END, (SELECT contract || ' ' || severity FROM slt_targets WHERE timestamptz '2026-02-02 09:00+02' + amount::interval = due), due::text, '-') $$;
SQL

# how slt_attach() is called, and then: what the row has => the promise that is found, or "-" with the warning's words
my $severity = q{severity => 'code', contract_value => 'Standard'};
my $level = q{severity => 'level', contract_value => 'Standard', severity_map => };
my $contract = q{severity_value => 'S1', contract => 'plan'};
my $of_kind = q{severity_value => 'S1', contract_value => 'Standard', request_kind => };
my $thresholds = q{'{">=80": "S1", ">=50": "S2", "*": "S3"}'};
my @ways = (
	# by columns, constants and functions
	[ q{severity => 'code', contract => 'plan'}, q{code 'S1', plan 'Priority'} => 'Priority S1', q{code 's2', plan 'STANDARD'} => 'Standard S2',
	  q{code 'Low', plan 'Standard'} => 'Standard S3', q{code 'S9', plan 'Standard'} => '- S9', q{code 'S1', plan 'Gold'} => '- Gold',
	  q{code NULL, plan 'Standard'} => '- severity', q{code 'S1', plan NULL} => '- contract', q{code '', plan 'Standard'} => '- severity' ],
	[ q{severity_value => 'S3', contract_value => 'Priority'}, q{code 'S1', plan 'Standard'} => 'Priority S3' ],
	[ q{severity_value => 'Medium', contract_value => 'standard'}, q{code 'S1'} => 'Standard S2' ],
	# types of columns
	[ q{severity => 'padded', contract_value => 'Standard'}, q{padded 'S2'} => 'Standard S2' ],
	[ q{severity => 'padded', contract_value => 'Standard', severity_map => '{"high": "S1"}'}, q{padded 'high'} => 'Standard S1' ],
	[ q{severity => 'short', contract_value => 'Standard'}, q{short 'S2'} => 'Standard S2' ],
	[ q{severity => 'named', contract_value => 'Standard'}, q{named 'S2'} => 'Standard S2' ],
	[ q{severity => 'dom', contract_value => 'Standard'}, q{dom 'S2'} => 'Standard S2' ],
	[ q{severity => 'urgent', contract_value => 'Standard', severity_map => '{"later": "S3"}'}, q{urgent 'S2'} => 'Standard S2', q{urgent 'later'} => 'Standard S3' ],
	[ q{severity => 'tiny', contract_value => 'Standard', severity_map => '{"5": "S1", "3": "S2"}'}, q{tiny 5} => 'Standard S1', q{tiny 3} => 'Standard S2', q{tiny 4} => '- 4' ],
	[ q{severity => 'big', contract_value => 'Standard', severity_map => '{"9223372036854775807": "S1", "<0": "S3"}'}, q{big 9223372036854775807} => 'Standard S1',
	  q{big -1} => 'Standard S3' ],
	[ qq{severity => 'exact', contract_value => 'Standard', severity_map => $thresholds}, q{exact 79.999} => 'Standard S2', q{exact 80} => 'Standard S1',
	  q{exact 80.000} => 'Standard S1', q{exact 49.99999999999999999999} => 'Standard S3' ],
	[ qq{severity => 'vague', contract_value => 'Standard', severity_map => $thresholds}, q{vague 80} => 'Standard S1', q{vague 5e1} => 'Standard S2', q{vague 'infinity'} => 'Standard S1' ],
	[ q{severity => 'flag', contract_value => 'Standard', severity_map => '{"true": "S1", "false": "S3"}'}, q{flag true} => 'Standard S1', q{flag false} => 'Standard S3' ],
	# maps
	[ qq{$severity, severity_map => '{"urgent": "S1", "wish": null, "normal": "low"}'}, q{code 'urgent'} => 'Standard S1', q{code 'normal'} => 'Standard S3',
	  q{code 'S2'} => 'Standard S2', q{code 'medium'} => 'Standard S2', q{code 'wish'} => '-', q{code 'Urgent'} => '- Urgent', q{code 'odd'} => '- odd' ],
	[ qq{$severity, severity_map => '{"urgent": "S1", "*": "S3"}'}, q{code 'urgent'} => 'Standard S1', q{code 'odd'} => 'Standard S3', q{code 'S2'} => 'Standard S3' ],
	[ qq{$severity, severity_map => '{"urgent": "S1", "*": null}'}, q{code 'urgent'} => 'Standard S1', q{code 'odd'} => '-', q{code 'S2'} => '-' ],
	[ qq{$contract, contract_map => '{"gold": "Priority", "*": "Standard"}'}, q{plan 'gold'} => 'Priority S1', q{plan 'tin'} => 'Standard S1' ],
	[ qq{$contract, contract_map => '{"7": "Priority", "none": null}'}, q{plan '7'} => 'Priority S1', q{plan 'none'} => '-', q{plan 'Standard'} => 'Standard S1' ],
	# thresholds
	[ "$level $thresholds", q{level 100} => 'Standard S1', q{level 80} => 'Standard S1', q{level 79} => 'Standard S2', q{level 50} => 'Standard S2',
	  q{level 49} => 'Standard S3', q{level 0} => 'Standard S3', q{level -5} => 'Standard S3' ],
	[ qq{$level '{">=100": "S1", ">=9": "S3", ">=50": "S2"}'}, q{level 100} => 'Standard S1', q{level 99} => 'Standard S2', q{level 10} => 'Standard S3', q{level 8} => '- 8' ],
	[ qq{$level '{"<2": "S1", "<=10": "S2", "*": "S3"}'}, q{level 1} => 'Standard S1', q{level 2} => 'Standard S2', q{level 10} => 'Standard S2', q{level 11} => 'Standard S3' ],
	[ qq{$level '{">50": "S1", "*": "S3"}'}, q{level 51} => 'Standard S1', q{level 50} => 'Standard S3' ],
	[ qq{$level '{">=50": "S1", "60": "S2", "*": "S3"}'}, q{level 60} => 'Standard S2', q{level 61} => 'Standard S1' ],
	[ qq{$level '{">=50.5": "S1", ">=-10": "S2"}'}, q{level 51} => 'Standard S1', q{level 50} => 'Standard S2', q{level -10} => 'Standard S2', q{level -11} => '- -11' ],
	[ qq{$severity, severity_map => $thresholds}, q{code '85'} => 'Standard S1', q{code '79.5'} => 'Standard S2', q{code 'high'} => 'Standard S3',
	  q{code ''} => 'Standard S3', q{code '8x'} => 'Standard S3' ],
	[ qq{$severity, severity_map => '{">=80": "S1"}'}, q{code 'high'} => '- high', q{code 'S2'} => 'Standard S2' ],
	# kinds of requests
	[ "$of_kind 'kind'", q{kind 'Diagnosis'} => 'Standard S1', q{kind 'permanent solution'} => 'Standard S1', q{kind 'Customization'} => '-',
	  q{kind 'upgrade of services'} => '-', q{kind 'Party'} => '- Party' ],
	[ qq{$of_kind 'kind', request_kind_map => '{"bug": "Diagnosis", "project": "Implementation services"}'}, q{kind 'bug'} => 'Standard S1', q{kind 'project'} => '-',
	  q{kind 'Diagnosis'} => 'Standard S1' ],
	[ qq{$of_kind 'kind_id', request_kind_map => '{"3": "Customization", "*": "Platform support"}'}, q{kind_id 3} => '-', q{kind_id 4} => 'Standard S1' ],
	# several columns, whose texts are joined by commas; a null is an empty text
	[ q{severity => 'impact,level', contract_value => 'Standard', severity_map => '{"1,1": "S1", "1,": "S2", ",1": "S3", ",": null}'}, q{impact 1, level 1} => 'Standard S1', q{impact 1} => 'Standard S2',
	  q{level 1} => 'Standard S3', q{code 'x'} => '-', q{impact 2, level 2} => '- 2,2' ],
	[ q{severity => ' impact , code , flag ', contract => 'plan,kind', contract_map => '{"gold,eu": "Priority", "*": "Standard"}', severity_map => '{"1,a,b,true": "S1", "*": "S3"}'},
	  q{impact 1, code 'a,b', flag true, plan 'gold', kind 'eu'} => 'Priority S1', q{impact 1, code 'a', flag true, plan 'gold,eu'} => 'Standard S3' ],
	# the ticket's own calendar: night begins in the evening, so that all amounts end later; null leaves the target's
	[ q{severity_value => 'S1', contract_value => 'Standard', calendar => 'code'}, q{code 'night'} => 'Night hours', q{code 'NIGHT'} => 'Night hours', q{code NULL} => 'Standard S1', q{code 'Mars'} => '- Mars' ],
	[ q{severity_value => 'S1', contract_value => 'Standard', calendar => 'level', calendar_map => '{"1": "Night", "2": null, "*": "Egypt"}'}, q{level 1} => 'Night hours', q{level 2} => 'Standard S1', q{level 3} => 'Standard S1' ]);
for my $way (@ways)
{
	my ($attach, @rows) = @$way;
	my $statements = "SELECT slt_attach('ways', 'opened', $ends, $attach);\n";
	my ($got, $messages) = run_sql($node, 'ways', $statements);

	unlike($messages, qr/ERROR|WARNING/, "attach $attach") or next;
	while (my ($row, $expected) = splice @rows, 0, 2)
	{
		my %set = map { /^(\w+) (.*)/ } split /, /, $row;
		my ($promise, $word) = $expected =~ /^(-|\w+ \w+)(?: (.+))?$/;
		($got, $messages) = run_sql($node, 'ways', 'BEGIN; INSERT INTO ways (' . join(', ', sort keys %set) . ') VALUES (' . join(', ', map { $set{$_} } sort keys %set)
			. '); SELECT promise(slt_resolution_due) FROM ways; ROLLBACK');
		is($got, $promise, "$attach: $row");
		if (defined $word) { like($messages, qr/^WARNING:  01000: .*\Q$word\E/s, "$attach: $row: a warning"); }
		else { is($messages, '', "$attach: $row: no warning"); }
	}
}

# ---------- a status in several columns ----------

new_database($node, 'several');
$node->safe_psql('several', <<'SQL');
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TABLE t (id int, opened timestamptz, changed timestamptz, status int, on_hold boolean, mood mood, note text);
SQL
is((run_sql($node, 'several', q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'Standard', changed_at => 'changed', status => 'status, on_hold,mood',
	done_when => '{"resolution": ["3,false,calm", "3,false,"]}', paused_when => '["1,true,calm", "1,true,"]', cancelled_when => '{"5,false,calm"}')}))[1] =~ s/^NOTICE.*\n?//mgr, '', 'a status of three columns is attached without a warning');
my $at = sub { "'2026-02-02 $_[0]+02'" };
my $show = q{SELECT shown.stamp(slt_resolution_due, slt_resolution_met) || ' ' || coalesce(slt_status_became::text, '-') FROM t};
# Standard, S1: two days from Monday at 10
for my $step (
	[ "INSERT INTO t VALUES (1, $ten, $ten, 1, false, 'calm')", 'Wed 02-04 10:00 -' ],
	[ "UPDATE t SET on_hold = true, changed = " . $at->('11:00'), 'infinity {"1,false,calm","1,true,calm"}' ],
	[ "UPDATE t SET note = 'x', changed = " . $at->('12:00'), 'infinity {"1,false,calm","1,true,calm"}' ],
	[ "UPDATE t SET mood = NULL, changed = " . $at->('12:00'), 'infinity {"1,false,calm","1,true,calm","1,true,"}' ],
	[ "UPDATE t SET on_hold = false, changed = " . $at->('13:00'), 'Wed 02-04 12:00 {"1,false,calm","1,true,calm","1,true,","1,false,"}' ],
	[ "UPDATE t SET status = 3, mood = 'calm', changed = " . $at->('14:00'), 'Wed 02-04 12:00 yes {"1,false,calm","1,true,calm","1,true,","1,false,","3,false,calm"}' ],
	[ "UPDATE t SET status = 5, changed = " . $at->('15:00'), '- {"1,false,calm","1,true,calm","1,true,","1,false,","3,false,calm","5,false,calm"}' ])
{
	my ($statement, $expected) = @$step;
	is(value_in($node, 'several', "$statement; $show"), $expected, "status of three columns: $statement");
}
is(value_in($node, 'several', "ALTER TABLE t RENAME on_hold TO held; UPDATE t SET status = 1, held = true, changed = " . $at->('16:00') . '; SELECT slt_resolution_due FROM t'), 'infinity', '... one of which is renamed');
is(value_in($node, 'several', q{SELECT state FROM slt_tickets('t') WHERE metric = 'resolution'}), 'paused', '... and read by reports');

# ---------- what is not known ----------

new_database($node, 'main');
make_tickets($node, 'main', 'strict', attach => q{, on_unknown => 'error'});
make_tickets($node, 'main', 'lax');
for my $case ([ q{'S9', 'Standard'}, 'S9', 'S1' ], [ q{'S1', 'Gold'}, 'Gold', 'Priority' ])
{
	my ($values, $word, $known) = @$case;
	my ($got, $messages) = run_sql($node, 'main', "INSERT INTO strict (opened, severity, contract) VALUES ($ten, $values)");

	like($messages, qr/^ERROR:  42704: .*"$word".*\nHINT:  .*$known/s, "on_unknown => 'error': $word: an error that names those known");
	($got, $messages) = run_sql($node, 'main', "INSERT INTO lax (opened, severity, contract) VALUES ($ten, $values)");
	like($messages, qr/^WARNING:  01000: .*"$word"/, "on_unknown => 'warn': $word: a warning");
}
like(run_sql($node, 'main', "INSERT INTO strict (opened, severity, contract) VALUES ($ten, NULL, 'Standard')") . '', qr/^ERROR:  42704/, "on_unknown => 'error': no severity is an error");
is(value_in($node, 'main', 'SELECT count(*) FROM strict'), '0', 'an error leaves no row');
is(value_in($node, 'main', 'SELECT count(*), count(slt_resolution_due), count(slt_resolution_met) FROM lax'), '2|0|0', 'a warning leaves the row, without deadlines');
$node->safe_psql('main', "INSERT INTO lax (opened, severity, contract) VALUES ($ten, 'S1', 'Standard')");
is(value_in($node, 'main', q{SELECT key, severity, contract, problem ~ 'S9', problem ~ 'Gold' FROM slt_unmatched('lax') WHERE metric = 'response' ORDER BY key}), "1|S9|Standard|t|f\n2|S1|Gold|f|t",
	'slt_unmatched() finds such rows, and no others');
$node->safe_psql('main', q{INSERT INTO slt_contracts (name, calendar) VALUES ('Gold', 'Egypt')});
is(value_in($node, 'main', q{SELECT string_agg(DISTINCT key || ' ' || state, ',') FROM slt_unmatched('lax')}), '1 codes unknown,2 no target', 'a contract that is defined later is no longer unknown, but without a target');
for my $opened (q{'infinity'}, q{'-infinity'}, q{'294276-12-31 23:00Z'}, q{'4713-01-01 BC'})
{
	is(value_in($node, 'main', "WITH x AS (INSERT INTO lax (opened, severity, contract) VALUES ($opened, 'S1', 'Standard') RETURNING 1) SELECT count(*) FROM x"), '1',
		"opened at $opened does not stand in a ticket's way");
}

# what no clock shows does not stand in a ticket's way either
make_tickets($node, 'main', 'far_epochs', type => 'bigint', attach => q{, changed_at => 'changed', unset => '0'});
for my $far ('9223372036854775807', '-9223372036854775808', '99999999999999')
{
	is(value_in($node, 'main', qq{INSERT INTO far_epochs (opened, severity, contract) VALUES ($far, 'S1', 'Standard'); INSERT INTO far_epochs (opened, severity, contract, resolved) VALUES (1770019200, 'S1', 'Standard', $far);
		UPDATE far_epochs SET status = 'stalled', changed = $far; UPDATE far_epochs SET status = 'open', changed = -1; UPDATE far_epochs SET resolved = 0; WITH x AS (DELETE FROM far_epochs RETURNING 1) SELECT count(*) FROM x}), '2', "an epoch of $far");
}
make_tickets($node, 'main', 'changed_table', attach => q{, changed_at => 'changed'});
for my $far ('infinity', '-infinity')
{
	is(value_in($node, 'main', qq{INSERT INTO changed_table (opened, severity, contract, changed, resolved) VALUES ($ten, 'S1', 'Standard', '$far', '$far'); UPDATE changed_table SET status = 'stalled', changed = '$far', resolved = NULL;
		UPDATE changed_table SET status = 'open', changed = '$far'; UPDATE changed_table SET status = 'stalled', changed = $ten; SELECT count(*) > 0 FROM changed_table}), 't', "changed at $far");
}

# ---------- updates of what is not read ----------

# deadlines that were put there by hand, with the trigger off, show whether an update computes again
make_tickets($node, 'main', 'quiet');
my $by_hand = q{BEGIN; SET LOCAL session_replication_role = replica; UPDATE quiet SET slt_resolution_due = '2030-01-01', slt_resolution_met = NULL; COMMIT;};
$node->safe_psql('main', "INSERT INTO quiet (opened, severity, contract) VALUES ($ten, 'S1', 'Standard')");
for my $case ([ q{note = 'x'}, 'stays' ], [ 'id = id', 'stays' ], [ 'severity = severity, status = status, opened = opened, resolved = resolved', 'stays' ], [ q{note = 'x', severity = 'S2'}, 'goes' ],
	[ q{severity = 'S1'}, 'goes' ], [ q{contract = 'Priority'}, 'goes' ], [ q{status = 'stalled'}, 'goes' ], [ q{status = 'open'}, 'goes' ], [ 'resolved = opened', 'goes' ],
	[ q{opened = opened - interval '1 day'}, 'goes' ])
{
	is(value_in($node, 'main', "$by_hand UPDATE quiet SET $case->[0]; SELECT CASE WHEN slt_resolution_due = '2030-01-01' THEN 'stays' ELSE 'goes' END FROM quiet"), $case->[1],
		"UPDATE SET $case->[0]: what was stamped $case->[1]");
}

# ---------- whatever the session has set ----------

new_database($node, 'settings');
make_tickets($node, 'settings', 'public.tickets', attach => q{, changed_at => 'changed'});
make_tickets($node, 'settings', 'public.local_tickets', type => 'timestamp', attach => q{, changed_at => 'changed', time_zone => 'UTC', unset => '1970-01-02'});
make_tickets($node, 'settings', 'public.berlin', type => 'timestamp', attach => q{, changed_at => 'changed', time_zone => 'Europe/Berlin'});
$node->safe_psql('settings', <<'SQL');
CREATE SCHEMA evil;
CREATE TABLE evil.called (what text);
CREATE FUNCTION evil.call(what text) RETURNS void LANGUAGE sql AS $$ INSERT INTO evil.called VALUES (what) $$;
CREATE FUNCTION evil.eq(timestamptz, timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('='); RETURN false; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.eq, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE OPERATOR evil.<= (FUNCTION = evil.eq, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE OPERATOR evil.< (FUNCTION = evil.eq, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('text ='); RETURN false; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.eq, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('now'); RETURN '1999-01-01'; END $$;
CREATE FUNCTION evil.timezone(text, timestamp) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('timezone'); RETURN '1999-01-01'; END $$;
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('lower'); RETURN 'x'; END $$;
CREATE FUNCTION evil.to_timestamp(double precision) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('to_timestamp'); RETURN '1999-01-01'; END $$;
CREATE FUNCTION evil.slt_deadline(timestamptz, text, text, text, tstzmultirange) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.call('slt_deadline'); RETURN '1999-01-01'; END $$;
CREATE FUNCTION evil.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
CREATE TABLE evil.slt_targets (LIKE slt_targets);
CREATE TABLE evil.slt_attachments (LIKE slt_attachments);
CREATE TABLE evil.slt_events (LIKE slt_events);
CREATE TABLE evil.tickets (LIKE public.tickets);
CREATE ROLE helpdesk LOGIN;
GRANT SELECT, INSERT, UPDATE ON public.tickets, public.local_tickets, public.berlin TO helpdesk;
SQL
my $written = q{
INSERT INTO public.tickets (opened, severity, contract) VALUES (timestamptz '2026-02-02 08:00:00Z', 'S1', 'Standard');
UPDATE public.tickets SET status = 'stalled', changed = timestamptz '2026-02-02 09:00:00Z';
UPDATE public.tickets SET status = 'open', changed = timestamptz '2026-02-02 11:00:00Z';
INSERT INTO public.local_tickets (opened, severity, contract, resolved, changed) VALUES (timestamp '2026-02-02 08:00:00', 'S1', 'Standard', timestamp '1970-01-02', timestamp '1970-01-02');
UPDATE public.local_tickets SET status = 'stalled', changed = timestamp '2026-02-02 09:00:00';
UPDATE public.local_tickets SET status = 'open', changed = timestamp '2026-02-02 11:00:00', resolved = timestamp '2026-02-04 10:00:01';
INSERT INTO public.berlin (opened, severity, contract) VALUES (timestamp '2026-07-06 09:00:00', 'S1', 'Standard');
UPDATE public.berlin SET status = 'stalled', changed = timestamp '2026-07-06 10:00:00', responded = timestamp '2026-07-06 13:00:00';
UPDATE public.berlin SET status = 'open', changed = timestamp '2026-07-06 12:00:00';
RESET ALL; RESET ROLE;
SELECT } . $stamps . q{ FROM public.tickets UNION ALL SELECT } . $stamps . q{ FROM public.local_tickets UNION ALL SELECT } . $stamps . q{ FROM public.berlin ORDER BY 1;
DELETE FROM public.tickets; DELETE FROM public.local_tickets; DELETE FROM public.berlin;};
# opened at 10:00 in Cairo, in winter at 08:00 UTC, in July (when both have summer time) at 09:00 in Berlin: Mon 07-06
my $stamped = join "\n", sort 'Mon 02-02 14:00 | Wed 02-04 12:00', 'Mon 02-02 14:00 no | Wed 02-04 12:00 no', 'Mon 07-06 14:00 yes | Wed 07-08 12:00';
for my $setting (
	'', q{SET timezone = 'Asia/Tokyo'}, q{SET timezone = 'America/St_Johns'}, q{SET datestyle = 'SQL, DMY'}, q{SET datestyle = 'German'}, q{SET datestyle = 'Postgres, MDY'},
	q{SET intervalstyle = 'sql_standard'}, q{SET intervalstyle = 'iso_8601'}, q{SET extra_float_digits = -15; SET bytea_output = escape}, q{SET search_path = ''},
	q{SET search_path = evil}, q{SET search_path = evil, public, pg_catalog}, q{SET search_path = evil, pg_catalog, public; SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'},
	q{SET slt.calendar = 'none'}, 'SET ROLE helpdesk', q{SET ROLE helpdesk; SET search_path = evil, pg_catalog}, q{SET default_transaction_isolation = 'serializable'},
	q{SET standard_conforming_strings = off; SET escape_string_warning = off; SET lc_messages = 'C'; SET row_security = off}, q{SET statement_timeout = '10s'; SET lock_timeout = '1s'; SET work_mem = 64},
	q{SET check_function_bodies = off; SET plpgsql.variable_conflict = 'use_column'; SET enable_seqscan = off; SET jit_above_cost = 0})
{
	my ($got, $messages) = run_sql($node, 'settings', "SET timezone = 'UTC'; $setting; $written");

	is($got, $stamped, $setting eq '' ? 'by default' : $setting);
	is($messages, '', 'without a word');
	$node->safe_psql('settings', 'TRUNCATE public.tickets, public.local_tickets, public.berlin') if $got ne $stamped;
}
is(value_in($node, 'settings', 'SELECT count(*) FROM evil.called'), '0', 'nothing of a schema ahead in the search path was called');
like(run_sql($node, 'settings', 'SELECT count(*) FROM slt_attachments', role => 'helpdesk') . '', qr/42501/, 'the application\'s role may not read the settings');
$node->safe_psql('settings', q{SET search_path = evil, pg_catalog; SELECT public.slt_attach('public.tickets', 'opened', severity => 'severity', contract => 'contract',
	done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled}', changed_at => 'changed')});
is(value_in($node, 'settings', q{INSERT INTO public.tickets (opened, severity, contract) VALUES ('2026-02-02 08:00Z', 'S1', 'Standard') RETURNING shown.at(slt_resolution_due)}), 'Wed 02-04 10:00',
	'slt_attach() with such a search path');
is(value_in($node, 'settings', 'SELECT count(*) FROM evil.called'), '0', 'calls nothing of it either');
is(value_in($node, 'settings', q{SELECT count(*) FROM evil.slt_attachments}), '0', 'and writes nothing there');

is(value_in($node, 'settings', q{SET client_min_messages = error; CREATE TABLE no_zone (id int PRIMARY KEY, opened timestamp, resolved timestamp); SET timezone = 'Asia/Tokyo'; SELECT count(slt_attach('no_zone', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}'));
	INSERT INTO no_zone VALUES (1, '2026-02-02 08:00') RETURNING shown.at(slt_resolution_due)}), "1\nWed 02-04 10:00", 'a timestamp without a time_zone is of UTC, wherever the session is');

# summer time: in Berlin the clock jumps on Sun 03-29 at 02:00 and repeats 02:00-03:00 on Sun 10-25; the answer is that of AT TIME ZONE
for my $local ('2026-03-29 01:59:59', '2026-03-29 02:30:00', '2026-03-29 03:00:00', '2026-10-25 01:59:59', '2026-10-25 02:30:00', '2026-10-25 03:00:00', '2026-07-01 12:00:00.123456')
{
	is(value_in($node, 'settings', qq{INSERT INTO berlin (opened, severity, contract) VALUES ('$local', 'S1', 'Standard')
		RETURNING slt_resolution_due = slt_deadline(opened AT TIME ZONE 'Europe/Berlin', 'S1', 'Standard')}), 't', "a wall clock of Berlin: $local");
}

# ---------- ways to write ----------

new_database($node, 'writing');
make_tickets($node, 'writing', 'tickets');
my $all = "SELECT id, $stamps FROM tickets ORDER BY id";
is(value_in($node, 'writing', "COPY tickets (id, opened, severity, contract) FROM STDIN;\n101\t2026-02-02 10:00+02\tS1\tStandard\n102\t2026-02-02 10:00+02\tS2\tStandard\n\\.\n$all"), "101|$s1\n102|$s2", 'COPY');
is(value_in($node, 'writing', "TRUNCATE tickets; INSERT INTO tickets (id, opened, severity, contract) SELECT n, $ten, 'S' || n, 'Standard' FROM generate_series(1, 2) n; $all"), "1|$s1\n2|$s2", 'INSERT ... SELECT');
is(value_in($node, 'writing', "UPDATE tickets SET severity = 'S1'; $all"), "1|$s1\n2|$s1", 'UPDATE of many rows');
is(value_in($node, 'writing', "UPDATE tickets t SET severity = v.s FROM (VALUES (1, 'S2'), (2, 'S1')) v (id, s) WHERE v.id = t.id; $all"), "1|$s2\n2|$s1", 'UPDATE ... FROM');
is(value_in($node, 'writing', qq{INSERT INTO tickets (id, opened, severity, contract) VALUES (1, $ten, 'S1', 'Standard'), (3, $ten, 'S2', 'Standard')
	ON CONFLICT (id) DO UPDATE SET severity = excluded.severity; $all}), "1|$s1\n2|$s1\n3|$s2", 'INSERT ... ON CONFLICT DO UPDATE');
is(value_in($node, 'writing', "INSERT INTO tickets (id, opened, severity, contract) VALUES (1, $ten, 'S2', 'Standard') ON CONFLICT DO NOTHING; $all"), "1|$s1\n2|$s1\n3|$s2", 'ON CONFLICT DO NOTHING');
is(value_in($node, 'writing', qq{MERGE INTO tickets t USING (VALUES (1, 'S2'), (2, 'S1'), (3, NULL), (4, 'S2')) v (id, s) ON t.id = v.id
	WHEN MATCHED AND v.s IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET severity = v.s
	WHEN NOT MATCHED THEN INSERT (id, opened, severity, contract) VALUES (v.id, $ten, v.s, 'Standard'); $all}), "1|$s2\n2|$s1\n4|$s2", 'MERGE');
is(value_in($node, 'writing', qq{WITH x AS (UPDATE tickets SET severity = 'S1' WHERE id = 1 RETURNING id, slt_resolution_due, slt_response_due, slt_response_met, slt_resolution_met) SELECT id, $stamps FROM x}), "1|$s1",
	'RETURNING in a WITH');
is(value_in($node, 'writing', qq{PREPARE p AS INSERT INTO tickets (id, opened, severity, contract) VALUES (\$1, $ten, \$2, 'Standard'); } . join('', map { "EXECUTE p($_, 'S1');" } 11 .. 18) .
	"SELECT count(*), min($stamps) FROM tickets WHERE id > 10"), "8|$s1", 'a prepared statement');
is(value_in($node, 'writing', qq{BEGIN; INSERT INTO tickets (id, opened, severity, contract) VALUES (21, $ten, 'S1', 'Standard'); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'; SELECT $stamps FROM tickets WHERE id = 21}), $s1,
	'a prepared transaction');
is(value_in($node, 'writing', qq{BEGIN; SAVEPOINT a; UPDATE tickets SET severity = 'S2' WHERE id = 21; ROLLBACK TO a; UPDATE tickets SET note = 'x' WHERE id = 21; COMMIT; SELECT $stamps FROM tickets WHERE id = 21}), $s1, 'a savepoint');
is(value_in($node, 'writing', qq{UPDATE tickets SET severity = 'S2' WHERE id = 21; BEGIN; UPDATE slt_targets SET amount = '1 hour' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution';
	UPDATE tickets SET severity = 'S1' WHERE id = 21; SELECT $stamps FROM tickets WHERE id = 21; ROLLBACK; UPDATE tickets SET note = 'y', severity = 'S1' WHERE id = 21; SELECT $stamps FROM tickets WHERE id = 21}),
	"Mon 02-02 14:00 | Mon 02-02 11:00\n$s1", 'a changed target is seen in its transaction, and nowhere after a rollback');
is(value_in($node, 'writing', qq{INSERT INTO tickets (id, opened, severity, contract, slt_resolution_due, slt_resolution_met) VALUES (22, $ten, 'S1', 'Standard', '1999-01-01', true) RETURNING $stamps}), $s1,
	'stamps that an application writes itself are replaced');
is(value_in($node, 'writing', qq{CREATE VIEW ticket_view AS SELECT * FROM tickets; INSERT INTO ticket_view (id, opened, severity, contract) VALUES (23, $ten, 'S1', 'Standard') RETURNING $stamps}), $s1,
	'through a view');

# ---------- tables of all sorts ----------

$node->safe_psql('writing', <<'SQL');
CREATE SCHEMA "Help Desk";
CREATE TABLE "Help Desk"."Ticket's" (
	"Id" text PRIMARY KEY, "createdAt" timestamp(3), "Priority %" text, "client""Id" text, "isPaused" text, "resolvedAt" timestamp(3), "updatedAt" timestamp(3)
);
SELECT slt_attach('"Help Desk"."Ticket''s"', 'createdAt', severity => 'Priority %', contract => 'client"Id', done_at => '{"resolution": "resolvedAt"}', status => 'isPaused', paused_when => '{"it''s, \"so\""}',
	changed_at => 'updatedAt', time_zone => 'UTC', prefix => 'SLA_');
INSERT INTO "Help Desk"."Ticket's" VALUES ('a''"b', '2026-02-02 08:00', 'S1', 'Standard', 'no', NULL, '2026-02-02 08:00');
UPDATE "Help Desk"."Ticket's" SET "isPaused" = 'it''s, "so"', "updatedAt" = '2026-02-02 09:00';
UPDATE "Help Desk"."Ticket's" SET "isPaused" = 'no', "updatedAt" = '2026-02-02 11:00';
SQL
is(value_in($node, 'writing', q{SELECT shown.stamp("SLA_resolution_due", "SLA_resolution_met"), shown.at("SLA_response_due"), (SELECT shown.pauses(paused) FROM slt_clocks(t) WHERE metric = 'resolution') FROM "Help Desk"."Ticket's" t}),
	'Wed 02-04 12:00|Mon 02-02 14:00|Mon 02-02 11:00 .. Mon 02-02 13:00', 'quoted names, and columns of another prefix');
is(value_in($node, 'writing', q{SELECT key, metric, severity, contract, shown.at(due) FROM slt_tickets('"Help Desk"."Ticket''s"') ORDER BY metric}),
	qq{a'"b|resolution|S1|Standard|Wed 02-04 12:00\na'"b|response|S1|Standard|Mon 02-02 14:00}, 'and slt_tickets() lists them');

$node->safe_psql('writing', <<'SQL');
CREATE TABLE queues (id int PRIMARY KEY);
INSERT INTO queues VALUES (1);
CREATE TABLE base (id int PRIMARY KEY, opened timestamptz, severity text, queue int REFERENCES queues ON DELETE SET NULL, resolved timestamptz,
	upper_severity text GENERATED ALWAYS AS (upper(severity)) STORED, is_late boolean);
CREATE TABLE notes (ticket int REFERENCES base ON DELETE CASCADE ON UPDATE CASCADE);
SELECT slt_attach('base', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}');
ALTER TABLE base ADD day date GENERATED ALWAYS AS ((slt_resolution_due AT TIME ZONE 'UTC')::date) STORED;
INSERT INTO base VALUES (1, '2026-02-02 10:00+02', 's1', 1);
INSERT INTO notes VALUES (1);
SQL
is(value_in($node, 'writing', "SELECT id, upper_severity, day, $stamps FROM base ORDER BY id"), "1|S1|2026-02-04|$s1", 'generated columns, also of what is stamped');
is(value_in($node, 'writing', q{UPDATE base SET id = 5 WHERE id = 1; DELETE FROM queues; SELECT (SELECT ticket FROM notes), queue IS NULL, shown.at(slt_resolution_due) FROM base WHERE id = 5}), '5|t|Wed 02-04 10:00',
	'what foreign keys do');
is(value_in($node, 'writing', q{UPDATE slt_targets SET amount = '1 working day' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'; SELECT count(*) FROM slt_restamp('base'); SELECT day FROM base;
	UPDATE slt_targets SET amount = '2 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'; SELECT count(*) FROM slt_restamp('base')}), "1\n2026-02-03\n1", 'a restamp writes them as well');
$node->safe_psql('writing', <<'SQL');
CREATE TABLE parts (gone int, id int, opened timestamptz, severity text, resolved timestamptz, PRIMARY KEY (id, opened)) PARTITION BY RANGE (opened);
ALTER TABLE parts DROP COLUMN gone;
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_2 (resolved timestamptz, severity text, opened timestamptz NOT NULL, id int NOT NULL);
SELECT slt_attach('parts', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', key => 'id');
SQL
is(value_in($node, 'writing', q{SELECT count(*) FROM pg_trigger WHERE tgname = 'zz_slt_stamp' AND tgrelid IN ('parts'::regclass, 'parts_1'::regclass)}), '2', 'partitions have the trigger');
$node->safe_psql('writing', q{ALTER TABLE parts_2 ADD slt_resolution_met boolean, ADD slt_response_runs timestamptz[], ADD slt_announce_at timestamptz, ADD slt_response_met boolean, ADD slt_resolution_runs timestamptz[], ADD slt_response_due timestamptz, ADD slt_resolution_due timestamptz;
	ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01'); CREATE TABLE parts_3 PARTITION OF parts DEFAULT});
is(value_in($node, 'writing', qq{INSERT INTO parts (id, opened, severity) VALUES (1, $ten, 'S1'); SELECT tableoid::regclass, $stamps FROM parts}), "parts_2|$s1",
	'a partition that was attached later, with columns in another order');
is(value_in($node, 'writing', qq{UPDATE parts SET opened = '2026-01-28 10:00+02'; SELECT tableoid::regclass, $stamps FROM parts}), 'parts_1|Wed 01-28 14:00 | Sun 02-01 10:00', 'a row moves to another partition');
is(value_in($node, 'writing', qq{UPDATE parts SET opened = '2026-03-18 10:00+02', resolved = '2026-03-25 10:00+02'; SELECT tableoid::regclass, $stamps FROM parts}), 'parts_3|Wed 03-18 14:00 no | Wed 03-25 10:00 yes', 'and to a third');
is(value_in($node, 'writing', qq{INSERT INTO parts_2 (id, opened, severity) VALUES (2, $ten, 'S2') RETURNING $stamps}), $s2, 'a row is written into a partition itself');
is(value_in($node, 'writing', q{ALTER TABLE parts DETACH PARTITION parts_1; SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL}), '0', 'a partition is detached');

# ---------- triggers of the application ----------

$node->safe_psql('writing', <<'SQL');
CREATE TABLE app (id int PRIMARY KEY, opened timestamptz, severity text, status text, resolved timestamptz, updated_at timestamptz, note text);
CREATE TABLE audit (id int, what text);
CREATE FUNCTION app_before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF NEW.status = 'resolved' AND NEW.resolved IS NULL THEN NEW.resolved := '2026-02-04 10:00+02'; END IF;
	IF NEW.severity = 'refused' THEN RETURN NULL; END IF;
	RETURN NEW;
END $$;
CREATE FUNCTION app_after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.audit VALUES (NEW.id, shown.stamp(NEW.slt_resolution_due, NEW.slt_resolution_met)); RETURN NULL; END $$;
CREATE TRIGGER app_before BEFORE INSERT OR UPDATE ON app FOR EACH ROW EXECUTE FUNCTION app_before();
CREATE TRIGGER app_after AFTER INSERT OR UPDATE ON app FOR EACH ROW EXECUTE FUNCTION app_after();
SELECT slt_attach('app', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', status => 'status', paused_when => '{stalled}');
SQL
is(value_in($node, 'writing', qq{INSERT INTO app (id, opened, severity) VALUES (1, $ten, 'S1'), (2, $ten, 'refused'); UPDATE app SET status = 'resolved'; SELECT id, $stamps FROM app}), "1|Mon 02-02 14:00 no | Wed 02-04 10:00 yes",
	'what a BEFORE trigger of the application sets is read');
is(value_in($node, 'writing', q{SELECT what FROM audit}), "Wed 02-04 10:00\nWed 02-04 10:00 yes", 'an AFTER trigger of the application sees the stamps, and fires once for each change');
is(value_in($node, 'writing', q{SELECT tgname FROM pg_trigger WHERE tgrelid = 'app'::regclass AND tgfoid = 'slt_stamp'::regproc}), 'zz_slt_stamp', 'the trigger fires after those whose names sort before zz');

# ---------- the trigger by itself ----------

like(run_sql($node, 'writing', 'SELECT slt_stamp()') . '', qr/^ERROR:  (39P01|0A000)/, 'slt_stamp() is a trigger and nothing else');
for my $kind ('AFTER INSERT ON other FOR EACH ROW', 'BEFORE INSERT ON other FOR EACH STATEMENT', 'BEFORE DELETE ON other FOR EACH ROW', 'AFTER UPDATE ON other FOR EACH STATEMENT')
{
	like(run_sql($node, 'writing', "BEGIN; CREATE TABLE other (id int); INSERT INTO other VALUES (1); CREATE TRIGGER wrong $kind EXECUTE FUNCTION slt_stamp('x'); INSERT INTO other VALUES (2); UPDATE other SET id = 3; DELETE FROM other") . '', qr/^ERROR:  39P01/m, "not $kind");
}
my $off = "SET slt.stamping = off; INSERT INTO tickets (id, opened, severity, contract) VALUES (901, $ten, 'S1', 'Standard'); UPDATE tickets SET severity = 'S2' WHERE id = 902; RESET slt.stamping;";
is(value_in($node, 'writing', "INSERT INTO tickets (id, opened, severity, contract) VALUES (902, $ten, 'S1', 'Standard'); $off SELECT id, $stamps FROM tickets WHERE id > 900 ORDER BY id"), "901|- | -\n902|$s1", 'slt.stamping = off lets rows pass');
is(value_in($node, 'writing', q{SELECT unstamped FROM slt_attached() WHERE name = 'public.tickets'}), '1', 'slt_attached() counts those without stamps');
is(value_in($node, 'writing', "CALL slt_backfill('tickets'); SELECT id, $stamps FROM tickets WHERE id > 900 ORDER BY id"), "901|$s1\n902|$s2", 'and the backfill stamps them');

# many rows in one statement cost no memory that stays
my $session = $node->background_psql('writing', on_error_stop => 0);
my $memory = 'SELECT (sum(total_bytes) / 1024)::int FROM pg_backend_memory_contexts';
ask($session, "CREATE TABLE big (id int, opened timestamptz, severity text, status text, resolved timestamptz, changed timestamptz); SELECT count(slt_attach('big', 'opened', severity => 'severity', contract_value => 'Standard', $ends, status => 'status', paused_when => '{stalled}', changed_at => 'changed', key => 'id'));
	CREATE FUNCTION grown() RETURNS bigint LANGUAGE sql AS 'SELECT sum(total_bytes)::bigint / 1024 FROM pg_backend_memory_contexts'; CREATE TABLE marks (n int, kb bigint);
	CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN IF NEW.id % 20000 = 1 THEN INSERT INTO marks VALUES (NEW.id, grown()); END IF; RETURN NEW; END \$\$; CREATE TRIGGER mark BEFORE INSERT OR UPDATE ON big FOR EACH ROW EXECUTE FUNCTION mark()");
for my $write (q{INSERT INTO big SELECT n, '2026-02-02 10:00+02'::timestamptz + n * interval '1 second', 'S' || 1 + n % 3, 'open' FROM generate_series(1, 100000) n}, q{UPDATE big SET status = CASE status WHEN 'open' THEN 'stalled' ELSE 'open' END, changed = opened + interval '1 hour'})
{
	is(ask($session, "TRUNCATE marks; $write"), '', substr($write, 0, 30));
	my $grown = ask($session, 'SELECT max(kb) - min(kb) FROM marks WHERE n > 1');
	cmp_ok($grown, '<', 1000, "... of 100,000 rows grows by $grown kB");
}
$session->quit;

# a session that has read no settings yet, in a parallel query, which can have no subtransaction
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; ALTER TABLE big SET (parallel_workers = 2);';
is(value_in($node, 'writing', "ANALYZE big; $parallel SELECT count(*) FROM (SELECT t.severity, max(c.elapsed) FROM big t, slt_clocks(t) c GROUP BY 1) x"), '3', 'a new session asks for the clocks of a large table');
is(value_in($node, 'writing', "$parallel SELECT count(*) FROM (SELECT t.severity, max(e.worked) FROM big t, slt_explain(t, 'resolution') e WHERE t.id < 100 GROUP BY 1) x"), '3', 'and for explanations');
done_testing();
