-- The seat loader may say where everybody looks; best available goes there.
SELECT make_session(320, 2, 1, 60);
UPDATE house SET x = 10 * "position" + CASE area_id WHEN 'B' THEN 2000 ELSE 0 END, y = 0
WHERE session_id = s(320);
CREATE TABLE focus (session_id uuid, at_x real, at_y real);
ALTER FUNCTION load_seats(uuid) RENAME TO plain_seats;
CREATE FUNCTION load_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" integer, x real, y real,
    category text, accessible boolean, sold boolean, seat_number text, user_id uuid, focal_x real,
    focal_y real)
STABLE LANGUAGE sql SET search_path = tix, pg_temp AS $$
    SELECT p.*, (SELECT at_x FROM focus f WHERE f.session_id = $1),
        (SELECT at_y FROM focus f WHERE f.session_id = $1) FROM plain_seats($1) p
$$;
CREATE VIEW where_to AS
    SELECT bool_and(seat_id LIKE 'A-%') AS in_a, bool_and(seat_id LIKE 'B-%') AS in_b,
        min(split_part(seat_id, '-', 3)::int) AS from_place,
        max(split_part(seat_id, '-', 3)::int) AS to_place
    FROM generate_series(1, 4) n, LATERAL tix_lock_best(s(320 + 0 * n), 1, u(n)) l,
        LATERAL unnest(l.seats) seat_id;

-- Near the last seat of B, then near the first of A.
INSERT INTO focus VALUES (s(320), 2600, 0);
SELECT in_b, from_place >= 40 AS near FROM where_to;
SELECT count(*) FROM tix_stat_holds h, tix_release_seats(h.lock_id, h.user_id)
WHERE h.session_id = s(320);
SELECT tix_unload_session(s(320));
UPDATE focus SET at_x = 10;
SELECT in_a, to_place <= 21 AS near FROM where_to;
SELECT count(*) FROM tix_stat_holds h, tix_release_seats(h.lock_id, h.user_id)
WHERE h.session_id = s(320);
-- Half a point is none: the centre of all seats is between the areas.
SELECT tix_unload_session(s(320));
UPDATE focus SET at_y = NULL;
SELECT in_a AND from_place >= 40 OR in_b AND to_place <= 21 OR NOT in_a AND NOT in_b AS between
FROM where_to;
SELECT count(*) FROM tix_stat_holds h, tix_release_seats(h.lock_id, h.user_id)
WHERE h.session_id = s(320);
-- Nowhere.
SELECT tix_unload_session(s(320));
UPDATE focus SET at_y = 'NaN';
SELECT tix_load_session(s(320));
UPDATE focus SET at_y = 'infinity';
SELECT tix_load_session(s(320));
UPDATE focus SET at_y = 0;
UPDATE house SET x = 'NaN' WHERE session_id = s(320) AND ordinal = 7;
SELECT tix_load_session(s(320));
UPDATE house SET x = 80 WHERE session_id = s(320) AND ordinal = 7;
SELECT seats FROM tix_load_session(s(320));

DROP VIEW where_to;
DROP FUNCTION load_seats(uuid);
ALTER FUNCTION plain_seats(uuid) RENAME TO load_seats;
DROP TABLE focus;
