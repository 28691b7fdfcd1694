-- The yardstick of a won race: the same call, which answers a constant row.
SELECT * FROM bench.empty_won($1, $3::text[], $2, '150 milliseconds');
