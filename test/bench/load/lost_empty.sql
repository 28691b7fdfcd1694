-- The yardstick of a lost race: the same call, which answers a constant row.
SELECT * FROM bench.empty_lost(:session, ARRAY[:seat], :buyer, '150 milliseconds');
