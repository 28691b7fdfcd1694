-- A lost race: every client asks for the one seat that somebody else holds.
SELECT * FROM tix.tix_lock_seats(:session, ARRAY[:seat], :buyer, '150 milliseconds');
