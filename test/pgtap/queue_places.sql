-- Fairness of the waiting room: in fifo nobody overtakes, a draw gives each place once and each
-- with the same chance, anybody can check it, and who comes later is behind.
\ir fixture.psql
SELECT plan(27);
SELECT is(ARRAY(SELECT shuffled_index(i, 10, sha256('tix')) FROM generate_series(0, 9) i),
    '{9,0,7,1,6,4,5,3,2,8}'::bigint[], 'the shuffle is the one of the specification');
SELECT is(ARRAY(SELECT shuffled_index(i, 1000003, sha256('tix')) FROM
    unnest('{0,1,999999,1000002}'::bigint[]) i), '{357355,823268,870179,183344}'::bigint[],
    'also of a million, which it does not look at');
SELECT is(shuffled_index(123456789, 2147483647, sha256('tix')), 1374864336::bigint,
    'or two billion');
SELECT is(shuffled_index(0, 1, sha256('tix')), 0::bigint, 'and of one');
SELECT is((SELECT count(DISTINCT shuffled_index(i, n, sha256('tix' || n::text::bytea)))
           FROM generate_series(0, n - 1) i), n::bigint, format('%s are shuffled, none is lost', n))
FROM unnest('{2,3,7,255,256,257,1000}'::int[]) n;
-- 2 000 draws among 5: each of the 25 (join, place) is expected 400 times. The chi-square statistic
-- of a doubly uniform table has (5 - 1)^2 = 16 degrees of freedom; 39.25 is exceeded once in 1000.
SELECT ok((SELECT sum((n - 400) ^ 2 / 400.0) FROM (
    SELECT i, shuffled_index(i, 5, sha256(('seed ' || s)::bytea)) AS place, count(*) AS n
    FROM generate_series(0, 4) i, generate_series(1, 2000) s GROUP BY 1, 2) t) < 39.25,
    'every join has every place with the same chance');
-- And in one draw among 4 096, in 16 stretches of joins by 16 of places: 16 each, 225 degrees of
-- freedom, 295.7 is exceeded once in 1000.
SELECT ok((SELECT sum((n - 16) ^ 2 / 16.0) FROM (
    SELECT a, b, count(w.i) AS n FROM generate_series(0, 15) a CROSS JOIN generate_series(0, 15) b
    LEFT JOIN (SELECT i, shuffled_index(i, 4096, sha256('chi')) AS place
               FROM generate_series(0, 4095) i) w ON w.i / 256 = a AND w.place / 256 = b
    GROUP BY 1, 2) t) < 295.7, 'and early joins are no better off than late ones');

-- A draw.
SELECT tix_open_queue(:'session', 'random', rate => 10, max_active => 1000,
                      opens_at => clock_timestamp() + '1 hour') AS queue \gset
CREATE TEMP TABLE joined AS SELECT i, j.*
    FROM generate_series(1, 50) i, tix_join_queue(:'session', md5(i::text)::uuid) j;
SELECT is((SELECT count(*) FROM joined WHERE place IS NULL AND ahead IS NULL
           AND state = 'waiting'), 50::bigint, 'before the draw nobody has a place');
SELECT is((SELECT eta_s FROM tix_queue_position((SELECT token FROM joined LIMIT 1))), NULL::int,
    'nor a time to wait');
SELECT seed_sha256 FROM tix_queue_status(:'session') \gset
SELECT is((SELECT coalesce(seed, drawn::text) FROM tix_queue_status(:'session')), NULL::text,
    'the seed is secret');
UPDATE queues SET opens_at = clock_timestamp() - interval '1 s' WHERE queue_id = :queue;
SELECT is((SELECT place FROM tix_join_queue(:'session', gen_random_uuid())), 51::bigint,
    'who comes when it has opened is behind all of them');
SELECT drawn, seed FROM tix_queue_status(:'session') \gset
SELECT is(:drawn, 50, 'who was there before is in the draw');
SELECT is(encode(sha256(decode(:'seed', 'hex')), 'hex'), :'seed_sha256'::text,
    'the seed is the one that was promised');
SELECT is((SELECT array_agg(p.place ORDER BY j.i) FROM joined j, tix_queue_position(j.token) p),
    (SELECT array_agg(shuffled_index(i - 1, :drawn, decode(:'seed', 'hex')) + 1 ORDER BY i)
     FROM generate_series(1, 50) i), 'anybody can calculate the places from it');
SELECT is((SELECT array_agg(p.place ORDER BY p.place) FROM joined j, tix_queue_position(j.token) p),
    (SELECT array_agg(i::bigint) FROM generate_series(1, 50) i), 'each is given once');
SELECT is((SELECT count(*) FROM joined j, tix_queue_position(j.token) p WHERE p.state = 'called'),
    (SELECT least(serving, 50) FROM queues WHERE queue_id = :queue),
    'as many are called as the serving number says');
SELECT is((SELECT max(p.place) FROM joined j, tix_queue_position(j.token) p
           WHERE p.state = 'called'), (SELECT serving FROM queues WHERE queue_id = :queue),
    'those with the first places');
SELECT is((SELECT drawn FROM draw_queue(:queue)), 50, 'there is one draw');
SELECT tix_close_queue(:'session') AS c \gset

-- Fifo, however the steps fall and whoever claims, lapses and gives up: a place is called before
-- those behind it.
SELECT setseed(0.5) AS s \gset
SELECT tix_open_queue(:'session', rate => 7, max_active => 20) AS fifo \gset
CREATE TEMP TABLE story (join_no bigint, round int);
CREATE TEMP TABLE here AS SELECT :'session'::uuid AS house, :fifo AS room;
DO $$
DECLARE
    house CONSTANT uuid := (SELECT h.house FROM here h);
    room CONSTANT int := (SELECT h.room FROM here h);
    t text;
BEGIN
    FOR round IN 1 .. 60 LOOP
        PERFORM tix.tix_join_queue(house, gen_random_uuid())
        FROM generate_series(1, (random() * 8)::int);
        UPDATE tix.queues SET opens_at = opens_at - interval '2 min',
            stepped_at = stepped_at - random() * interval '3 s' WHERE queue_id = room;
        UPDATE tix.queue_calls SET called_at = called_at - interval '30 s' WHERE queue_id = room;
        PERFORM tix.tix_queue_step(house);
        INSERT INTO story SELECT e.join_no, round FROM tix.queue_entries e,
            tix.tix_queue_position(tix.token_of_join(room, e.join_no)) p
        WHERE e.queue_id = room AND p.state <> 'waiting'
          AND NOT EXISTS (SELECT FROM story s WHERE s.join_no = e.join_no);
        FOR t IN SELECT tix.token_of_join(room, e.join_no) FROM tix.queue_entries e
            WHERE e.queue_id = room AND random() < 0.3 LOOP
            CONTINUE WHEN (SELECT state FROM tix.tix_queue_position(t)) <> 'called';
            PERFORM tix.tix_claim_admission(t);
        END LOOP;
        UPDATE tix.queue_admissions SET ended = 'given_up', ended_at = clock_timestamp()
        WHERE queue_id = room AND ended IS NULL AND random() < 0.2;
    END LOOP;
END $$;
SELECT ok((SELECT count(*) FROM story) > 100, 'many were called');
SELECT is_empty('SELECT * FROM story a JOIN story b ON a.join_no < b.join_no AND a.round > b.round',
    'nobody was called before somebody who joined earlier');
SELECT is((SELECT count(*) FROM story), (SELECT serving FROM queues WHERE queue_id = :fifo),
    'and nobody was passed over');
SELECT * FROM finish();
