# DROP EXTENSION and DROP DATABASE, this or another, end in five seconds with all workers alive.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time usleep);
use TixNode;

my $node = TixNode->fresh('dropping', "tix.expiry_workers = 4\ntix.expiry_naptime = '10 ms'");
$node->ask("CREATE DATABASE $_") for qw(one two plain);
$node->furnish($_) for qw(postgres one two);
for my $database (qw(one two))
{
    $node->ask('SELECT FROM make_session(1, 1, 4, 50)', $database);
    $node->ask("SELECT ok FROM tix_load_session(s(1)), tix_lock_best(s(1), 20, u(1), ttl => '1 s')",
        $database);
}
my @workers = sort $node->expiry_workers;
is(scalar @workers, 4, 'four workers are alive');
for my $database (qw(plain one))
{
    my $start = time;
    $node->ask("DROP DATABASE $database");
    cmp_ok(time - $start, '<', 5, "database $database is dropped in time");
}
# While a loader is at work on it: it ends by itself, and the drop waits at most five seconds.
$node->ask('CREATE OR REPLACE FUNCTION tix.slow(s uuid) RETURNS boolean VOLATILE LANGUAGE plpgsql'
      . ' AS $$ BEGIN PERFORM pg_sleep(1); RETURN true; END $$', 'two');
$node->ask('SELECT FROM make_session(2, 1, 1, 1)', 'two');
$node->ask('CREATE FUNCTION tix.slow_seats(session_id uuid) RETURNS SETOF record LANGUAGE sql'
      . ' AS $$ SELECT l.* FROM (SELECT tix.slow($1)) x, tix.load_seats($1) l $$', 'two');
$node->ask("DROP FUNCTION tix.slow_seats; CREATE FUNCTION tix.slow_seats(session_id uuid,"
      . ' OUT seat_id text, OUT area_id text, OUT row_label text, OUT "position" integer,'
      . ' OUT x real, OUT y real, OUT category text, OUT accessible boolean, OUT sold boolean,'
      . ' OUT seat_number text, OUT user_id uuid) RETURNS SETOF record LANGUAGE sql'
      . ' AS $$ SELECT l.* FROM (SELECT tix.slow($1) OFFSET 0) x, tix.load_seats($1) l $$', 'two');
$node->ask("ALTER SYSTEM SET tix.seat_loader = 'tix.slow_seats'");
$node->ask('SELECT pg_reload_conf()');
usleep(200_000);
is($node->ask("SET tix.load_wait = '10 ms'; SELECT reason FROM tix_lock_seat(s(2), 'A-1-1', u(1))",
        'two'), 'rebuilding', 'a slow load is told as rebuilding');
my $start = time;
$node->ask('DROP DATABASE two WITH (FORCE)');
cmp_ok(time - $start, '<', 5, 'the database under load is dropped in time');
is_deeply([ sort $node->expiry_workers ], \@workers, 'the workers are the same as before');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|terminated by signal|crash of another/, 'nothing crashed');
$start = time;
$node->stop;
cmp_ok(time - $start, '<', 5, 'and the server stops in time');
done_testing();
