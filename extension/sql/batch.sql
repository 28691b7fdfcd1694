-- tix 1.0: many lock requests in one call.

CREATE FUNCTION @extschema@.tix_lock_batch(requests jsonb)
RETURNS SETOF @extschema@.tix_lock_result
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 32;
COMMENT ON FUNCTION @extschema@.tix_lock_batch(jsonb) IS
    'Many independent requests, one answer each, in order: an array of objects {"sessionId", '
    '"seatIds", "userId"} with, as tix_lock_seats has them, "ttl" (seconds, a number), '
    '"channels", "orphans", "idempotencyKey" and "intoLockId"; null is as good as absent. Of two '
    'requests for one seat the first wins. A request that cannot be read has reason malformed and '
    'conflicts [{"field","expected"}]; one of a session that cannot be loaded has rebuilding. '
    'A key used with another request is malformed. All waits for loading together last '
    'tix.load_wait. Durability and rollback are common to all requests: call it in a transaction '
    'of its own. Best available is not among them. Errors: 22023 not an array of objects, TX005 '
    'more than tix.max_batch_requests; else as tix_lock_seat.';

CREATE FUNCTION @extschema@.tix_lock_batch(session_ids uuid[], seat_ids text[], user_ids uuid[],
    ttl interval DEFAULT NULL)
RETURNS SETOF @extschema@.tix_lock_result
AS 'MODULE_PATHNAME', 'tix_lock_batch_arrays' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 32;
COMMENT ON FUNCTION @extschema@.tix_lock_batch(uuid[], text[], uuid[], interval) IS
    'The same for many requests of one seat each, for callers in a hurry: no JSON is read. Request '
    'i wants seat_ids[i] of session_ids[i] for user_ids[i]; ttl is that of all (default '
    'tix.lock_ttl). One answer each, in order. Errors: 22023 arrays of different lengths, empty or '
    'with NULLs; else as tix_lock_batch(jsonb).';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
