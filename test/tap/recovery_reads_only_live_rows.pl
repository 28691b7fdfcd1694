# After a crash the engine reads the rows of live holds, however many dead ones the journal has.
use strict;
use warnings;
use Test::More;
use TixNode;

my $dead  = 200_000;
my $seats = 800;       # of each session, all held
my $node = TixNode->fresh('recovery', "autovacuum = off\n");
$node->furnish;
for my $session (1 .. 3)
{
    $node->ask("SELECT FROM make_session($session, 1, 8, 100)");
    $node->ask("SELECT FROM tix_load_session(s($session))");
}

# Rows of holds that are over by their deadline, of sales without a hold and of frees: nothing has
# counted them when the planner is asked.
sub bury
{
    my ($rows) = @_;
    $node->ask("INSERT INTO tix.holds SELECT i, s(1 + i % 4), 0, 'g', u(i),"
          . " now() - interval '1 hour', now() - i * interval '10 ms' - interval '1 min',"
          . " NULL, NULL, '{A-1-1}' FROM generate_series(1, $rows) i");
    $node->ask("INSERT INTO tix.holds SELECT 0, s(1 + i % 4), 0, 'f', NULL, now(), NULL, NULL,"
          . " NULL, '{A-1-1}' FROM generate_series(1, $rows / 10) i");
    return;
}

bury($dead / 2);
$node->ask("SELECT FROM generate_series(1, 3) s, generate_series(1, 8) r,"
      . " generate_series(1, 100) p, tix_lock_seat(s(s), format('A-%s-%s', r, p), u(s))");
my $last = $node->ask("SELECT max(lock_id) FROM tix_stat_holds WHERE session_id = s(3)");
bury($dead / 2);
my $live = 3 * $seats;
is($node->ask('SELECT count(*) FROM tix_stat_holds'), $live, 'every seat is held');

# Rows and blocks of the journal that were read since the counters began, once nobody loads.
sub traffic
{
    $node->poll_query_until('postgres',
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'tix loader'");
    return split /\|/,
      $node->ask('SELECT seq_scan, idx_tup_fetch, heap_blks_read + heap_blks_hit,'
          . ' idx_blks_read + idx_blks_hit FROM pg_stat_user_tables'
          . " JOIN pg_statio_user_tables USING (relid) WHERE relid = 'tix.holds'::regclass");
}

sub bounded
{
    my ($when) = @_;
    my ($scans, $rows, $heap, $index) = traffic();
    note("$when: $scans scans, $rows rows, $heap and $index blocks");
    is($scans, 0, "nothing scans the journal $when");
    cmp_ok($rows, '>=', $live, "the rows of live holds are read $when");
    cmp_ok($rows, '<', $live + 100, "and no others $when");
    cmp_ok($heap + $index, '<', 3 * $live, "with few blocks $when");
    is($node->ask('SELECT count(*) FROM tix_stat_holds'), $live, "no hold is missing $when");
    return;
}

# The first to come back is a buyer of the last session, with nothing but a token.
$node->crash;
$node->start;
is($node->ask("SELECT ok FROM tix_lock_get($last, u(3))"),
    't', 'a token of before the crash finds its session');
is($node->ask("SELECT ok FROM tix_lock_get($last, u(1))"), 'f', 'its owner only');
$node->ask("SELECT FROM tix_load_session(s($_))") for 1 .. 3;
bounded('after a crash');
$node->sound('after a crash', 1 .. 3);

$node->ask('SELECT pg_stat_reset()');
$node->restart;
$node->ask("SELECT FROM tix_load_session(s($_))") for 1 .. 3;
bounded('after a restart');

# A token that no session has costs a few probes a session, not the journal.
$node->ask('SELECT pg_stat_reset()');
is($node->ask('SELECT ok FROM tix_lock_get(1::bigint << 47, u(1))'),
    'f', 'an unknown token is over');
my ($scans, $rows, $heap, $index) = traffic();
cmp_ok($rows, '<', 20, 'and costs a few rows');

# So does the question who holds a seat.
$node->ask('SELECT pg_stat_reset()');
is($node->ask("SELECT state, lock_id FROM tix_seat_holder(s(3), 'A-8-100')"),
    "held|$last", 'the journal knows who holds a seat');
($scans, $rows) = traffic();
is($scans, 0, 'without a scan of it');
cmp_ok($rows, '<', $dead / 8, 'and without its dead rows');
$node->stop;
done_testing();
