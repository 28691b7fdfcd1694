-- Plain SQL, guarded UPDATE: a row for every seat, taken when nobody's hold on it is live.
UPDATE bench.seats_plain
    SET user_id = $2, expires_at = now() + interval '150 milliseconds'
    WHERE session_id = $1 AND seat_id = $3::text AND expires_at < now()
    RETURNING seat_id, expires_at;
