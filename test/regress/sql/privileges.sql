-- PUBLIC may do nothing; a role does what it was granted, whatever its search_path.
SELECT make_session(12, 1, 1, 8);
SELECT seats FROM tix_load_session(s(12));
SELECT proname FROM pg_proc
WHERE probin = '$libdir/tix' AND has_function_privilege('public', oid, 'EXECUTE');
SELECT relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'tix') AND relkind IN ('r', 'v')
    AND has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE');

CREATE ROLE buyer_role;
CREATE ROLE watcher_role IN ROLE pg_monitor;
GRANT USAGE ON SCHEMA tix TO buyer_role, watcher_role;
GRANT EXECUTE ON FUNCTION s, u TO PUBLIC;
SET ROLE buyer_role;
SELECT tix_lock_seat(s(12), 'A-1-1', u(1));
SELECT tix_seats(s(12));
SELECT tix_load_session(s(12));
SELECT count(*) FROM holds;
SELECT count(*) FROM tix_stat_holds;
SET tix.seat_loader = 'evil';
SET tix.hold_journal = off;
SET tix.lock_lifetime_max = '1 day';
RESET ROLE;

-- Granted a lock function, a role needs no rights on the journal.
GRANT EXECUTE ON FUNCTION tix_lock_seats, tix_release_seats, tix_seats TO buyer_role;
SET ROLE buyer_role;
SELECT ok FROM tix_lock_seats(s(12), '{A-1-1,A-1-2}', u(1));
RESET ROLE;
SELECT kind, seats FROM holds WHERE session_id = s(12);

-- A hostile search_path changes nothing: neither in a call nor in the loading it causes.
GRANT CREATE ON DATABASE regression TO buyer_role;
GRANT EXECUTE ON FUNCTION tix_check TO buyer_role;
GRANT SELECT ON holds TO buyer_role;
SET ROLE buyer_role;
CREATE SCHEMA evil;
CREATE FUNCTION evil.trap(anyelement) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'trapped as %', current_user;
END $$;
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.trap(VALUE));
CREATE DOMAIN evil.int4 AS pg_catalog.int4 CHECK (evil.trap(VALUE));
CREATE DOMAIN evil.bool AS pg_catalog.bool CHECK (evil.trap(VALUE));
CREATE TABLE evil.holds (lock_id integer);
CREATE TEMP TABLE holds (lock_id integer);
SET search_path = pg_temp, evil, tix, pg_catalog;
SELECT ok FROM tix_lock_seats(s(12), ARRAY['A-1-4']::pg_catalog.text[], u(1));
SELECT * FROM tix_check(s(12));
RESET search_path;
RESET ROLE;
SELECT kind, seats FROM tix.holds WHERE session_id = s(12) ORDER BY lock_id;
DROP TABLE pg_temp.holds;
DROP SCHEMA evil CASCADE;
SET search_path = '';
SELECT ok FROM tix.tix_lock_seat(tix.s(12), 'A-1-7', tix.u(1));
SELECT state FROM tix.tix_seat_status(tix.s(12), 'A-1-7');
RESET search_path;

-- Monitors read the statistics.
SET ROLE watcher_role;
SELECT count(*) > 0 AS partitions FROM tix_stat_partitions;
SELECT count(*) > 0 AS sessions FROM tix_stat_sessions;
SELECT count(*) > 0 AS areas FROM tix_stat_areas;
SELECT count(*) > 0 AS memory FROM tix_memory;
SELECT count(user_id) > 0 AS users FROM tix_stat_holds WHERE session_id = s(12);
SELECT tix_lock_seat(s(12), 'A-1-5', u(1));
RESET ROLE;
DROP OWNED BY buyer_role, watcher_role;
DROP ROLE buyer_role, watcher_role;
