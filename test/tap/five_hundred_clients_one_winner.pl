# Five hundred connections want one seat at the same moment: one gets it, in every round.
use strict;
use warnings;
use Test::More;
use TixNode;

my ($clients, $rounds) = (500, 3);
my $node = TixNode->fresh('crowd', "max_connections = 520\nshared_buffers = '16MB'");
$node->furnish;
$node->ask("SELECT make_session(1, 1, 1, $rounds)");
$node->ask('SELECT FROM tix_load_session(s(1))');
$node->ask('CREATE TABLE answers (round integer, ok boolean, reason text, lock_id bigint);'
      . ' CREATE SEQUENCE users');
my $script = PostgreSQL::Test::Utils::tempdir() . '/race.sql';

# All wait for one advisory lock, which the last to come gives free: a start signal.
PostgreSQL::Test::Utils::append_to_file($script, <<'SQL');
SELECT pg_advisory_lock_shared(1), pg_advisory_unlock_shared(1);
INSERT INTO answers SELECT :round, ok, reason, lock_id
    FROM tix_lock_seat(s(1), 'A-1-' || :round, u(nextval('users')::int));
SQL
for my $round (1 .. $rounds)
{
    my $starter = $node->session;
    $starter->query_safe('SELECT pg_advisory_lock(1)');
    my $pid = fork() // die "cannot fork: $!";
    if ($pid == 0)
    {
        open STDERR, '>', "$script.$round" or die;
        open STDOUT, '>', '/dev/null' or die;
        exec 'pgbench', '-n', '-c', $clients, '-j', 4, '-t', 1, '-D', "round=$round", '-f', $script,
          $node->connstr('postgres') or die;
    }
    ok($node->poll_query_until('postgres', "SELECT count(*) = $clients FROM pg_locks"
              . " WHERE locktype = 'advisory' AND NOT granted"), "round $round: all are waiting");
    $starter->query_safe('SELECT pg_advisory_unlock(1)');
    waitpid $pid, 0;
    is($?, 0, '  and all are answered')
      or diag(PostgreSQL::Test::Utils::slurp_file("$script.$round"));
    is($node->ask("SELECT count(*), count(*) FILTER (WHERE ok), count(DISTINCT lock_id),"
              . " count(*) FILTER (WHERE reason = 'held') FROM answers WHERE round = $round"),
        "$clients|1|1|" . ($clients - 1), '  one has the seat, the others are told held');
    $starter->quit;
}
is($node->ask('SELECT count(*) FROM holds'), $rounds, 'one row a round was written');
$node->sound('at the end', 1);
$node->stop;
done_testing();
