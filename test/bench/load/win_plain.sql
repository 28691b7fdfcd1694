-- A won race in plain SQL: the row of the seat is inserted, or taken over when overdue.
-- Each call takes the next seat of one walk over all 40 000 that the clients share out among
-- themselves; the hold lapses after 150 ms, before the walk comes round again.
\set n :n + 1
\set seat 1 + (:n * :clients + :client_id) * 7919 % 40000
INSERT INTO bench.holds_plain AS h (session_id, seat_id, user_id, expires_at)
    VALUES (:session, :seat, :buyer, now() + interval '150 milliseconds')
    ON CONFLICT (session_id, seat_id) DO UPDATE
        SET user_id = excluded.user_id, expires_at = excluded.expires_at
        WHERE h.expires_at < now()
    RETURNING seat_id, expires_at;
