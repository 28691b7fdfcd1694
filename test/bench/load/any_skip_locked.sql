-- Plain SQL for any four seats: as for the best four, but each call looks from a place of its own,
-- so that it meets free seats at once and nobody else.
WITH near AS (
    SELECT session_id, rank FROM bench.seats_ranked
    WHERE session_id = $1 AND rank >= $3::integer AND expires_at < now()
    ORDER BY rank LIMIT 4 FOR UPDATE SKIP LOCKED)
UPDATE bench.seats_ranked s
    SET user_id = $2, expires_at = now() + interval '150 milliseconds'
    FROM near WHERE s.session_id = near.session_id AND s.rank = near.rank
    RETURNING s.seat_id, s.expires_at;
