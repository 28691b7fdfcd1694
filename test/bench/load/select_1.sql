-- The floor: a message there and back.
SELECT 1;
