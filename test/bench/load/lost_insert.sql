-- A lost race in plain SQL: the row of the seat exists and is not overdue.
INSERT INTO bench.holds_plain AS h (session_id, seat_id, user_id, expires_at)
    VALUES ($1, $3::text, $2, now() + interval '150 milliseconds')
    ON CONFLICT (session_id, seat_id) DO UPDATE
        SET user_id = excluded.user_id, expires_at = excluded.expires_at
        WHERE h.expires_at < now()
    RETURNING seat_id, expires_at;
