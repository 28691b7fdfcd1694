-- A lock of one seat for so short that a small session has a free one for every call of one client.
SELECT * FROM tix.tix_lock_seats($1, $3::text[], $2, '12 milliseconds');
