-- DROP EXTENSION is refused while the ticket guard stands, and possible after it.
SELECT count(*) > 0 AS tickets FROM tickets;
DROP EXTENSION tix;
DROP TRIGGER guard ON tickets;
DROP TRIGGER guard_truncate ON tickets;
DROP EXTENSION tix;
SELECT count(*) > 0 AS tickets FROM tickets;
SELECT proname FROM pg_proc WHERE probin = '$libdir/tix';
