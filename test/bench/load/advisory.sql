-- Plain SQL, advisory lock: who gets the lock of the seat inserts a row unless there is a live one.
SELECT * FROM bench.lock_advisory($1, $3::text, $2, '150 milliseconds');
