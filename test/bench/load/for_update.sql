-- Plain SQL, SELECT … FOR UPDATE: locks the row of the seat, then looks whether it is free. In one
-- statement, which spares it three of the four messages that applications send.
WITH seat AS MATERIALIZED (
    SELECT session_id, seat_id, expires_at FROM bench.seats_plain
    WHERE session_id = $1 AND seat_id = $3::text
    FOR UPDATE)
UPDATE bench.seats_plain p
    SET user_id = $2, expires_at = now() + interval '150 milliseconds'
    FROM seat
    WHERE p.session_id = seat.session_id AND p.seat_id = seat.seat_id AND seat.expires_at < now()
    RETURNING p.seat_id, p.expires_at;
