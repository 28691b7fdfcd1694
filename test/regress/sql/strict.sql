-- The _strict twins answer a grant as the others do, and raise what those would answer as a reason.
SELECT make_session(31, 1, 1, 8);
SELECT seats FROM tix_load_session(s(31));
INSERT INTO tickets (session_id, seat_id) VALUES (s(31), 'A-1-8');
SELECT ok, seats, lock_id AS lock
FROM tix_lock_seats_strict(s(31), '{A-1-1,A-1-2}', u(1), '10 min') \gset
SELECT :'ok' AS ok, :'seats' AS seats;
SELECT ok, seats FROM tix_lock_seat_strict(s(31), 'A-1-3', u(1));
BEGIN;
SELECT ok, tier, cardinality(seats) FROM tix_lock_best_strict(s(31), 2, u(1));
ROLLBACK;
SELECT ok FROM tix_lock_seat_strict(s(31), 'A-1-5', u(1));
SELECT ok, seats FROM tix_extend_lock_strict(:lock, u(1), '11 min');
SELECT ok FROM tix_lock_seats_strict(s(31), '{A-1-1}', u(1), into_lock_id => :lock);

-- What was refused is in the error, for people and for programs.
CREATE FUNCTION raised(call text) RETURNS TABLE (code text, message text, reason text,
    conflicts jsonb, lock boolean) LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE call;
    code := 'none';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL;
    reason := detail::jsonb ->> 'reason';
    conflicts := detail::jsonb -> 'conflicts';
    lock := (detail::jsonb ->> 'lockId')::bigint > 0;
    RETURN NEXT;
END $$;
SELECT * FROM tix_lock_seats_strict(s(31), '{A-1-2,A-1-8}', u(2));
SELECT r.* FROM (VALUES
    ('tix_lock_seat_strict(s(31), ''A-1-2'', u(2))'),
    ('tix_lock_seat_strict(s(31), ''A-1-8'', u(2))'),
    ('tix_lock_seat_strict(s(31), ''nowhere'', u(2))'),
    ('tix_lock_seats_strict(s(31), ''{A-1-1,nowhere,A-1-8}'', u(2))'),
    ('tix_lock_seats_strict(s(31), ''{A-1-4,A-1-4}'', u(2))'),
    ('tix_lock_seats_strict(s(31), ARRAY(SELECT ''x'' || i FROM generate_series(1, 201) i), u(2))'),
    ('tix_lock_seat_strict(s(3199), ''A-1-2'', u(2))'),
    ('tix_lock_best_strict(s(31), 3, u(2))'),
    ('tix_lock_best_strict(s(31), 7, u(2))'),
    ('tix_lock_best_strict(s(31), 8, u(2))'),
    ('tix_extend_lock_strict(4711, u(2))'),
    (format('tix_extend_lock_strict(%s, u(2))', :lock)),
    (format('tix_extend_lock_strict(%s, u(1), ''2 hours'')', :lock))) calls (call),
    raised('SELECT * FROM ' || call) r;
-- Asked for more than the cap, an extension stops at the cap; at the cap it is refused.
SELECT * FROM raised(format('SELECT * FROM tix_extend_lock_strict(%s, u(1), ''3 hours'')', :lock));
-- Bad arguments are told as the others tell them.
SELECT * FROM tix_lock_seats_strict(s(31), NULL, u(1));
SELECT * FROM tix_lock_seat_strict(s(31), 'A-1-4', u(1), '-1 s');

-- A refusal undoes what the transaction did, as any error does.
BEGIN;
SELECT ok FROM tix_lock_seat_strict(s(31), 'A-1-6', u(3));
SELECT ok FROM tix_lock_seat_strict(s(31), 'A-1-1', u(3));
COMMIT;
SELECT ok FROM tix_lock_seat(s(31), 'A-1-6', u(4));

-- Every function that answers a tix_lock_result has a twin with the same arguments, but those that
-- only look, that answer many rows or that are the owner's.
SELECT p.proname FROM pg_proc p
WHERE p.prorettype = 'tix_lock_result'::regtype AND NOT p.proretset
  AND p.proname NOT IN ('tix_lock_get', 'tix_take_seats', 'tix_offer_seats')
  AND p.proname NOT LIKE '%\_strict' AND NOT EXISTS (
    SELECT FROM pg_proc t WHERE t.proname = p.proname || '_strict'
      AND t.proargnames = p.proargnames AND t.proargtypes = p.proargtypes
      AND pg_get_expr(t.proargdefaults, 0) IS NOT DISTINCT FROM pg_get_expr(p.proargdefaults, 0));
DROP FUNCTION raised;
