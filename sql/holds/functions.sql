-- Who may call the engine: functions of the extension, which belong to the superuser.
-- Requires tix >= 1.0

RESET ROLE;

DO $$
DECLARE
    engine record;
    buyer CONSTANT text[] := ARRAY[
        'tix_lock_seat', 'tix_lock_seats', 'tix_lock_best', 'tix_lock_area', 'tix_lock_batch',
        'tix_lock_seat_strict', 'tix_lock_seats_strict', 'tix_lock_best_strict',
        'tix_lock_area_strict', 'tix_extend_lock', 'tix_extend_lock_strict', 'tix_lock_get',
        'tix_release_seats', 'tix_seat_status', 'tix_seats', 'tix_seat_map', 'tix_changes',
        'tix_availability', 'tix_rate_limit'];
    watcher CONSTANT text[] := ARRAY[
        'tix_seat_status', 'tix_seats', 'tix_availability', 'tix_arena_audit', 'tix_check',
        'tix_stat_sessions_rows', 'tix_stat_partitions_rows', 'tix_stat_areas_rows',
        'tix_stat_holds_rows', 'tix_stat_workers_rows', 'tix_stat_latency_rows', 'tix_locks_rows',
        'tix_stat_rate_limits_rows',
        'tix_memory_rows'];  -- a view calls its functions with the rights of its reader
    operator CONSTANT text[] := ARRAY[
        'tix_seat_status', 'tix_seats', 'tix_availability', 'tix_seat_holder', 'tix_check',
        'tix_set_sale', 'tix_pause', 'tix_emergency_stop', 'tix_resume', 'tix_set_limit',
        'tix_block_seats', 'tix_unblock_seats', 'tix_force_release', 'tix_set_channel',
        'tix_load_session', 'tix_unload_session'];
BEGIN
    FOR engine IN
        SELECT p.oid::regprocedure AS signature, p.proname
        FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
        JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
        WHERE e.extname = 'tix' AND d.deptype = 'e'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, tix_owner', engine.signature);
        -- The engine's half of what must leave a row as well; and the superuser's.
        CONTINUE WHEN engine.proname ~ '^tix_apply_' OR engine.proname IN
            ('tix_set_gate', 'tix_tell_rules', 'tix_stat_reset');
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tix_owner', engine.signature);
        IF engine.proname = ANY (buyer) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tix_app', engine.signature);
        END IF;
        IF engine.proname = ANY (watcher) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tix_monitor, pg_monitor',
                           engine.signature);
        END IF;
        IF engine.proname = ANY (operator) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tix_admin', engine.signature);
        END IF;
    END LOOP;
END $$;

GRANT SELECT ON tix.tix_stat_areas, tix.tix_stat_holds, tix.seat_blocks TO tix_owner;
GRANT SELECT ON tix.tix_stat_sessions, tix.tix_stat_partitions, tix.tix_stat_areas,
    tix.tix_stat_holds, tix.tix_stat_workers, tix.tix_stat_latency, tix.tix_stat_percentiles,
    tix.tix_locks, tix.tix_memory, tix.tix_stat_rate_limits TO tix_monitor;
GRANT SELECT, DELETE ON tix.holds TO tix_owner;  -- DELETE for tix_prune_journal()
GRANT SELECT ON tix.idempotency_keys TO tix_owner;  -- for tix_lock_was_replayed()

-- Sessions that were there before the engine knew rules, or whose rules were lost.
UPDATE tix.sessions s SET status = status
WHERE NOT EXISTS (SELECT FROM tix.session_rules r WHERE r.session_id = s.session_id);
