-- A lock of one seat or a group, won or lost. A hold lapses before the walk comes round again.
SELECT * FROM tix.tix_lock_seats($1, $3::text[], $2, '150 milliseconds');
