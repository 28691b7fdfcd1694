-- Plain SQL for the best four seats: the first four by rank that are free and not being taken.
WITH best AS (
    SELECT session_id, rank FROM bench.seats_ranked
    WHERE session_id = $1 AND expires_at < now()
    ORDER BY rank LIMIT 4 FOR UPDATE SKIP LOCKED)
UPDATE bench.seats_ranked s
    SET user_id = $2, expires_at = now() + interval '150 milliseconds'
    FROM best WHERE s.session_id = best.session_id AND s.rank = best.rank
    RETURNING s.seat_id, s.expires_at;
