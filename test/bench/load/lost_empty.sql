-- The yardstick of a lost race: the same call, which answers a constant row.
SELECT * FROM bench.empty_lost($1, $3::text[], $2, '150 milliseconds');
