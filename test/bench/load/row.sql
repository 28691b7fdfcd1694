-- The yardstick of a journalled win: the same call, which only inserts the row.
SELECT * FROM bench.insert_only($1, $3::text[], $2, '150 milliseconds');
