-- Plain SQL, SKIP LOCKED: who finds the row of the seat locked does not wait for it.
WITH seat AS (
    SELECT session_id, seat_id FROM bench.seats_plain
    WHERE session_id = $1 AND seat_id = $3::text AND expires_at < now()
    FOR UPDATE SKIP LOCKED)
UPDATE bench.seats_plain p
    SET user_id = $2, expires_at = now() + interval '150 milliseconds'
    FROM seat WHERE p.session_id = seat.session_id AND p.seat_id = seat.seat_id
    RETURNING p.seat_id, p.expires_at;
