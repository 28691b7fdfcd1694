-- A won race: tix grants a free seat.
-- Each call takes the next seat of one walk over all 40 000 that the clients share out among
-- themselves; the hold lapses after 150 ms, before the walk comes round again.
\set n :n + 1
\set seat 1 + (:n * :clients + :client_id) * 7919 % 40000
SELECT * FROM tix.tix_lock_seats(:session, ARRAY[:seat], :buyer, '150 milliseconds');
