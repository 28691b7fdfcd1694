-- Statistics of waiting rooms.
-- Requires tix >= 1.0

DROP VIEW IF EXISTS tix.tix_stat_queue;
DROP FUNCTION IF EXISTS tix.tix_stat_queue_rows();
-- A function, because who reads a view needs the right to every function in it.
CREATE FUNCTION tix.tix_stat_queue_rows(
    OUT session_id uuid, OUT queue_id int, OUT state text, OUT mode text, OUT joined bigint,
    OUT depth bigint, OUT serving bigint, OUT admitted bigint, OUT claimed bigint,
    OUT active bigint, OUT outstanding bigint, OUT expired bigint, OUT max_active bigint,
    OUT rate double precision, OUT rate_now double precision, OUT pace double precision,
    OUT eta_s double precision, OUT eta_error_s double precision, OUT as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 32
SET search_path = tix, pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM queue_figures('1 hour');
END $$;
COMMENT ON FUNCTION tix.tix_stat_queue_rows() IS 'The rows of the view tix_stat_queue.';
CREATE VIEW tix.tix_stat_queue AS SELECT * FROM tix.tix_stat_queue_rows();
COMMENT ON VIEW tix.tix_stat_queue IS
    'Waiting rooms that are open or paused, or were closed within the hour: depth (joined and not '
    'called), serving (the last place called), admitted (called and not expired), of them claimed '
    'and outstanding (still to be claimed); active (admissions in force, at most max_active '
    'with outstanding), expired (called and not claimed in time). Places a second: rate as set, '
    'rate_now as the pressure allows, pace as of late, 0 when nobody had to wait. eta_s: seconds '
    'that who joins now would wait, NULL while nothing is called; eta_error_s: by how many the '
    'last estimate followed to its end was too early (negative: too late). active, outstanding '
    'and what follows from them are those of the last step, as_of. Reads no row of a joiner.';

REVOKE ALL ON FUNCTION tix.tix_stat_queue_rows FROM PUBLIC;
REVOKE ALL ON tix.tix_stat_queue FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tix.tix_stat_queue_rows TO tix_admin, tix_monitor, pg_monitor;
GRANT SELECT ON tix.tix_stat_queue TO tix_admin, tix_monitor, pg_monitor;
