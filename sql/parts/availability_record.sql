SET LOCAL search_path = @extschema@, pg_temp;

-- availability: checks -------------------------------------------------------------------------------------------
--
-- What slt_record() keeps is decided by the set of checks alone, not by the order in which they arrive:
--
--	 an outage	the checks that failed in a row, if they are enough: from the first of them to the good one after them
--	 coverage	checks none of which is further than report_within from the one before it: from the first to the last of
--				them and report_within
--
-- So a check is put in its place among the last few thousand, and what is next to it is worked out again.  Older
-- checks are settled.  While checks come in order and are good, only slt_checks grows.

CREATE FUNCTION slt_check_outages(service text, experience text, "from" timestamptz, "to" timestamptz, outages tstzrange[])
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	old record;
	wanted tstzrange[] := outages;
BEGIN
	-- rows stay those that they were as far as possible, with their notes
	FOR old IN
		SELECT o.id, o.during FROM @extschema@.slt_outages o
		WHERE o.monitored AND o.service = service AND o.experience = experience
		  AND lower(o.during) >= "from" AND lower(o.during) < coalesce("to", 'infinity')
		ORDER BY lower(o.during)
	LOOP
		IF wanted = '{}' THEN
			DELETE FROM @extschema@.slt_outages o WHERE o.id = old.id;
			CONTINUE;
		END IF;
		IF old.during <> wanted[1] THEN
			UPDATE @extschema@.slt_outages o SET during = wanted[1] WHERE o.id = old.id;
		END IF;
		wanted := wanted[2:];
	END LOOP;
	INSERT INTO @extschema@.slt_outages (service, experience, during, monitored)
	SELECT service, experience, w, true FROM unnest(wanted) w;
END $$;
COMMENT ON FUNCTION slt_check_outages(text, text, timestamptz, timestamptz, tstzrange[]) IS
'For slt_record(): makes these the outages that checks have found, of those that begin from an instant on to before another.';

CREATE FUNCTION slt_settle(service text, experience text, keep int DEFAULT 4000)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	old @extschema@.slt_settled;
	from_there timestamptz;
	line timestamptz;
	good timestamptz;
	since timestamptz;
	failed int;
BEGIN
	SELECT * INTO old FROM @extschema@.slt_settled s WHERE s.service = service AND s.experience = experience;
	from_there := coalesce(old.at, '-infinity');
	line := (SELECT c.at
			 FROM ((SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at >= from_there
					ORDER BY c.at DESC LIMIT greatest(keep, 1))
				   UNION ALL
				   (SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND NOT c.ok AND c.at >= from_there
					ORDER BY c.at DESC LIMIT greatest(keep, 1))) c
			 ORDER BY c.at DESC OFFSET greatest(keep, 1) - 1 LIMIT 1);
	IF line IS NULL OR line <= old.at THEN
		RETURN;
	END IF;
	good := (SELECT max(c.at) FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at < line AND c.at >= from_there);
	SELECT min(c.at), count(*) INTO since, failed FROM @extschema@.slt_checks c
	WHERE c.service = service AND c.experience = experience AND NOT c.ok AND c.at < line AND c.at >= from_there AND c.at > coalesce(good, '-infinity');
	IF good IS NULL AND old.failing_since IS NOT NULL THEN
		since := old.failing_since;
		failed := failed + old.failures;
	END IF;
	INSERT INTO @extschema@.slt_settled (service, experience, at, failing_since, failures) VALUES (service, experience, line, since, failed)
	ON CONFLICT ON CONSTRAINT slt_settled_pkey DO UPDATE SET at = excluded.at, failing_since = excluded.failing_since, failures = excluded.failures;
	DELETE FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at < line AND c.at >= from_there;
	DELETE FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND NOT c.ok AND c.at < line AND c.at >= from_there;
END $$;
COMMENT ON FUNCTION slt_settle(text, text, int) IS
'Settles all checks of an experience but the newest ones: they leave slt_checks, and none can be put before them any more. slt_record() does this now and then.';

CREATE FUNCTION slt_cover(service text, experience text, within interval, prev timestamptz, at timestamptz, next timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	-- as numbers, which no two instants can overflow
	after_prev boolean := coalesce(extract(epoch FROM at) - extract(epoch FROM prev) <= extract(epoch FROM within), false);
	before_next boolean := coalesce(extract(epoch FROM next) - extract(epoch FROM at) <= extract(epoch FROM within), false);
BEGIN
	IF after_prev AND before_next THEN
		-- it closes a gap: two stretches become one
		UPDATE @extschema@.slt_coverage c SET until = n.until
		FROM @extschema@.slt_coverage n
		WHERE n.service = service AND n.experience = experience AND n.since = next
		  AND c.service = service AND c.experience = experience
		  AND c.since = (SELECT max(p.since) FROM @extschema@.slt_coverage p WHERE p.service = service AND p.experience = experience AND p.since <= prev);
		DELETE FROM @extschema@.slt_coverage c WHERE c.service = service AND c.experience = experience AND c.since = next;
	ELSIF before_next THEN
		UPDATE @extschema@.slt_coverage c SET since = at WHERE c.service = service AND c.experience = experience AND c.since = next;
	ELSE
		IF after_prev OR next IS NULL THEN
			-- the stretch before is longer now, or has come to its end
			UPDATE @extschema@.slt_coverage c SET until = CASE WHEN after_prev THEN at ELSE prev END + within
			WHERE c.service = service AND c.experience = experience
			  AND c.since = (SELECT max(p.since) FROM @extschema@.slt_coverage p WHERE p.service = service AND p.experience = experience AND p.since <= prev);
		END IF;
		IF NOT after_prev THEN
			INSERT INTO @extschema@.slt_coverage (service, experience, since, until)
			VALUES (service, experience, at, CASE WHEN next IS NOT NULL THEN at + within END);
		END IF;
	END IF;
END $$;
COMMENT ON FUNCTION slt_cover(text, text, interval, timestamptz, timestamptz, timestamptz) IS
'For slt_record(): puts a check between the one before and the one after it into slt_coverage.';

CREATE FUNCTION slt_place_check(service text, experience text, good boolean, at timestamptz, within interval, failures int)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	near record;
	prev timestamptz;
	next timestamptz;
	first timestamptz;
	after timestamptz;
	failed int;
	failed_after int;
	outages tstzrange[] := '{}';
BEGIN
	SELECT s.at AS settled, s.failing_since, s.failures,
		(SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at <= at AND c.at >= s.since ORDER BY c.at DESC LIMIT 1) AS good,
		(SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND NOT c.ok AND c.at <= at AND c.at >= s.since ORDER BY c.at DESC LIMIT 1) AS bad,
		(SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at > at ORDER BY c.at LIMIT 1) AS next_good,
		(SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND NOT c.ok AND c.at > at ORDER BY c.at LIMIT 1) AS next_bad
	INTO near
	FROM (SELECT s.*, coalesce(s.at, '-infinity') AS since FROM (SELECT) one LEFT JOIN @extschema@.slt_settled s ON s.service = service AND s.experience = experience) s;
	IF at < near.settled THEN
		RETURN false;
	ELSIF near.bad = at OR near.good = at AND good THEN
		RETURN true;
	ELSIF near.good = at THEN
		-- it turns out to have failed; the good one counts no more
		DELETE FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at = at;
		near.good := (SELECT max(c.at) FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND c.ok AND c.at < at);
		prev := at;
	ELSE
		prev := greatest(near.good, near.bad);
	END IF;
	INSERT INTO @extschema@.slt_checks (service, experience, ok, at) VALUES (service, experience, good, at);
	next := least(near.next_good, near.next_bad);
	IF prev IS NULL OR extract(epoch FROM at) - extract(epoch FROM prev) > extract(epoch FROM within) OR
	   next IS NOT NULL AND extract(epoch FROM next) - extract(epoch FROM prev) > extract(epoch FROM within) THEN
		PERFORM @extschema@.slt_cover(service, experience, within, prev, at, next);
	END IF;

	-- outages change if the check failed, or if it stands behind one that did
	IF NOT good OR near.bad > coalesce(near.good, '-infinity') OR near.bad IS NULL AND near.good IS NULL AND near.failing_since IS NOT NULL THEN
		SELECT min(c.at), count(*) INTO first, failed
		FROM (SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND NOT c.ok
			  AND c.at < at AND c.at > coalesce(near.good, near.settled - interval '1 microsecond', '-infinity') ORDER BY c.at LIMIT failures) c;
		IF near.good IS NULL AND near.failing_since IS NOT NULL THEN
			first := near.failing_since;
			failed := failed + near.failures;
		END IF;
		SELECT min(c.at), count(*) INTO after, failed_after
		FROM (SELECT c.at FROM @extschema@.slt_checks c WHERE c.service = service AND c.experience = experience AND NOT c.ok
			  AND c.at > at AND c.at < coalesce(near.next_good, 'infinity') ORDER BY c.at LIMIT failures) c;
		IF NOT good THEN
			IF failed + 1 + failed_after >= failures THEN
				outages := ARRAY[tstzrange(coalesce(first, at), near.next_good)];
			END IF;
		ELSE
			IF failed >= failures THEN
				outages := ARRAY[tstzrange(first, at)];
			END IF;
			IF failed_after >= failures THEN
				outages := outages || tstzrange(after, near.next_good);
			END IF;
		END IF;
		PERFORM @extschema@.slt_check_outages(service, experience, coalesce(first, at), near.next_good, outages);
	END IF;
	RETURN true;
END $$;
COMMENT ON FUNCTION slt_place_check(text, text, boolean, timestamptz, interval, int) IS
'For slt_record(): puts a check among the others, whatever stands next to it. Returns false if it is too late.';

CREATE FUNCTION slt_record(service text, experience text, ok boolean, latency interval DEFAULT NULL, at timestamptz DEFAULT pg_catalog.now())
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_record'
LANGUAGE c;
COMMENT ON FUNCTION slt_record(text, text, boolean, interval, timestamptz) IS
'Takes the result of a check: one that failed, or took longer than the experience''s max_latency, opens an outage, and a good one closes it. The order in which checks come does not matter. Returns false if the check is too late, for some thousand newer ones have come. Error 42704 for an unknown name, 22004 for a null.';
