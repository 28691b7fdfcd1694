# A DBA sees what the workers do: a load's phase and rows while it lasts, an expiry worker that is
# gone and the one that follows it.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('watching',
    "tix.expiry_workers = 2\ntix.load_wait = '100 ms'\ntix.seat_loader = 'tix.slow_seats'");
$node->furnish;
$node->ask('SELECT FROM make_session(1, 1, 10, 500)');
# A gate before the seats: who locks the table `gate` keeps the loader waiting there.
$node->ask(<<'SQL');
CREATE TABLE tix.gate ();
CREATE FUNCTION tix.slow_seats(session_id uuid)
RETURNS TABLE (seat_id text, area_id text, row_label text, "position" integer, x real, y real,
    category text, accessible boolean, sold boolean, seat_number text, user_id uuid)
LANGUAGE plpgsql AS $$ BEGIN
    PERFORM FROM tix.gate;
    RETURN QUERY SELECT * FROM tix.load_seats($1);
END $$
SQL
# The first load of a server start also looks at the journal for the generation.
$node->ask('SELECT FROM make_session(2, 1, 1, 1); SELECT FROM tix_load_session(s(2))');
my $load = 'SELECT phase, rows_read FROM tix_stat_sessions WHERE session_id = s(1)'
  . " AND state = 'loading'";
my $until = sub { $node->poll_query_until('postgres', $load, $_[0]) };
my $gate = $node->background_psql('postgres');
$gate->query_safe('BEGIN; LOCK TABLE tix.gate');
my $journal = $node->background_psql('postgres');
$journal->query_safe('BEGIN; LOCK TABLE tix.holds');
is($node->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-1', u(1))"), 'rebuilding',
    'the session is not there yet');
ok($until->('reading seats|0'), 'its loader is reading the seats');
is($node->ask("SELECT w.state, w.session_id = s(1), w.rows_read, a.pid = w.pid, a.query"
          . " FROM tix_stat_workers w JOIN pg_stat_activity a ON a.backend_type = 'tix loader'"
          . " WHERE w.kind = 'loader' AND w.database = a.datid"),
    'reading seats|t|0|t|tix: session 00000000-0000-4000-8000-000000000001: reading seats',
    'the workers and pg_stat_activity say so too');
$gate->query_safe('COMMIT');
ok($until->('reading journal|5000'), 'then the journal, having read 5000 seats');
$journal->query_safe('COMMIT');
ok($until->(''), 'then it is done');
is($node->ask("SELECT ok FROM tix_lock_seat(s(1), 'A-1-1', u(1))"), 't', 'and sells');
is($node->ask("SELECT count(*) FROM tix_stat_workers WHERE kind = 'loader'"), 0,
    'no loader is left');

my ($pid) = split /\n/, $node->ask("SELECT pid FROM tix_stat_workers WHERE kind = 'expiry'");
kill 'TERM', $pid;
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM tix_stat_workers"
          . " WHERE state = 'stopped' AND pid IS NULL"), 'a worker that ended is shown as stopped');
ok($node->poll_query_until('postgres', "SELECT count(DISTINCT pid) = 2 AND bool_and(pid <> $pid)"
          . " FROM tix_stat_workers WHERE state IN ('sweeping', 'sleeping')"),
    'and another takes its place');
$gate->quit;
$journal->quit;
$node->stop;
done_testing();
