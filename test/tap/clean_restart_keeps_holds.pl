# Holds survive a clean restart and a crash, with a checkpoint between or not; each as it was left.
use strict;
use warnings;
use PostgreSQL::Test::Utils ();
use Test::More;
use TixNode;

my $node = TixNode->fresh('restart');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 2, 2, 10)');
$node->ask('SELECT FROM tix_load_session(s(1))');

sub hold
{
    my ($seats, $user, $ttl) = @_;
    return $node->ask(
        "SELECT lock_id FROM tix_lock_seats(s(1), '{$seats}', u($user), " . ($ttl // 'NULL') . ')');
}

# The seats of a hold in order, and its deadline.
sub seats
{
    my ($lock, $user) = @_;
    return $node->ask("SELECT array_to_string(array(SELECT unnest(seats) ORDER BY 1), ' ')"
          . " FROM tix_lock_get($lock, u($user))");
}

my $plain    = hold('A-1-1,B-1-1', 1);
my $extended = hold('A-1-2',       2, "'4 s'");
my $added    = hold('A-1-3',       3);
my $parted   = hold('A-1-4,A-1-5,B-1-5', 4);
my $released = hold('A-1-6', 5);
my $ordered  = hold('A-1-7', 6, "'4 s'");
my $short    = hold('A-1-8', 7, "'2 s'");
my $confirmed = hold('A-1-9', 8);
my $undone   = hold('A-1-10', 9);
$node->ask("SELECT ok FROM tix_extend_lock($extended, u(2), '20 min')");
$node->ask("SELECT ok FROM tix_lock_seats(s(1), '{B-1-3}', u(3), into_lock_id => $added)");
$node->ask('CHECKPOINT');
$node->ask("SELECT FROM tix_release_seats($parted, u(4), '{A-1-4}')");
$node->ask("SELECT FROM tix_release_seats($released, u(5))");
$node->ask("SELECT FROM tix_hand_over($ordered, u(6), u(99), '1 hour')");
$node->ask("SELECT ok FROM tix_extend_lock($ordered, u(6), '2 hours')");
$node->ask("INSERT INTO tickets (session_id, seat_id) SELECT s(1), seat"
      . " FROM tix_confirm_seats($confirmed, u(8)) seat");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'B-2-1'), (s(1), 'B-2-2')");
$node->ask("DELETE FROM tickets WHERE seat_id = 'B-2-2'");
$node->ask("BEGIN; SELECT FROM tix_release_seats($undone, u(9)); ROLLBACK");
$node->ask("BEGIN; SELECT FROM tix_extend_lock($short, u(7), '20 min'); ROLLBACK");

# A transaction that is under way at the crash, its row already in the WAL.
my $open = $node->background_psql('postgres', on_error_stop => 0);
$open->query_safe('BEGIN');
$open->query_safe("SELECT ok FROM tix_lock_seat(s(1), 'B-1-9', u(1))");
my $uncommitted =
  $open->query_safe("SELECT lock_id FROM tix_lock_seat(s(1), 'B-1-10', u(1))");
$node->ask("SELECT pg_switch_wal()");
my $deadline = $node->ask("SELECT expires_at FROM tix_lock_get($plain, u(1))");

sub check
{
    my ($when) = @_;
    $node->ask('SELECT FROM tix_load_session(s(1))');
    is(seats($plain, 1), 'A-1-1 B-1-1', "a plain hold is there $when");
    is( $node->ask("SELECT abs(extract(epoch FROM expires_at - '$deadline')) < 0.5"
              . " FROM tix_lock_get($plain, u(1))"),
        't', "with its deadline $when");
    is(seats($extended, 2), 'A-1-2', "an extended hold lives as long as it was told $when");
    is(seats($added, 3), 'A-1-3 B-1-3', "a hold has the seats that were added $when");
    is(seats($parted, 4), 'A-1-5 B-1-5', "a hold has not the seats that left it $when");
    is(seats($released, 5), '', "a released hold is gone $when");
    is(seats($ordered, 6), 'A-1-7', "an order's hold lives as long as it was told $when");
    is($node->ask("SELECT ordered FROM tix_stat_holds WHERE lock_id = $ordered"),
        't', "and is known as ordered $when");
    is(seats($confirmed, 8), '', "a confirmed hold is over $when");
    is(seats($undone, 9), 'A-1-10', "what was rolled back did not happen $when");
    is(seats($short, 7), '', "an overdue hold is gone $when");
    is( $node->ask("SELECT string_agg(seat_id, ' ' ORDER BY ordinal) FROM tix_seats(s(1))"
              . " WHERE state = 'sold'"),
        'A-1-9 B-2-1', "sold seats are sold $when");
    is($node->ask("SELECT count(*) FROM tix_seats(s(1)) WHERE seat_id IN ('B-1-9', 'B-1-10')"
              . " AND state = 'free'"),
        2, "an uncommitted hold is gone $when");
    $node->sound($when, 1);
    return;
}

# Everything that was not made to live longer is overdue by now.
$node->ask('SELECT pg_sleep(4.2)');
$node->crash;
$open->{run}->kill_kill;
$node->start;
check('after a crash');
my $new = hold('B-2-10', 1);
cmp_ok($new, '>', $uncommitted, 'tokens increase over a crash');
$node->ask("SELECT FROM tix_release_seats($new, u(1))");
$node->restart;
check('after a clean restart');
my $newer = hold('B-2-10', 1);
cmp_ok($newer, '>', $new, 'tokens increase over a restart');
is($newer >> 47, ($new >> 47) + 1, 'the generation is one higher');

# The wall clock of the journal counts only as far as the hold was given time: clocks jump.
my $jumped = hold('A-2-1', 1, "'1 min'");
my $past   = hold('A-2-2', 1, "'1 min'");
$node->ask("UPDATE tix.holds SET at = at + interval '9 hours',"
      . " expires_at = expires_at + interval '9 hours' WHERE lock_id = $jumped");
$node->ask("UPDATE tix.holds SET at = at - interval '9 hours',"
      . " expires_at = expires_at - interval '9 hours' WHERE lock_id = $past");
$node->restart;
is( $node->ask("SELECT expires_at - clock_timestamp() BETWEEN '50 s' AND '60.1 s'"
          . " FROM tix_load_session(s(1)), tix_lock_get($jumped, u(1))"),
    't', 'remaining time is clamped to what was given');
is(seats($past, 1), '', 'a hold of the past is over');

# The time that loading takes is not taken off the holds.
my $steady = hold('B-2-3', 1, "'1 min'");
my $until = $node->ask("SELECT expires_at FROM tix_lock_get($steady, u(1))");
$node->ask('CREATE FUNCTION slow_seats(session_id uuid, OUT seat_id text, OUT area_id text,'
      . ' OUT row_label text, OUT "position" integer, OUT x real, OUT y real, OUT category text,'
      . ' OUT accessible boolean, OUT sold boolean, OUT seat_number text, OUT user_id uuid)'
      . ' RETURNS SETOF record LANGUAGE sql AS $$ SELECT l.*'
      . ' FROM (SELECT pg_sleep(1) OFFSET 0) x, tix.load_seats($1) l $$');
$node->ask("ALTER SYSTEM SET tix.seat_loader = 'slow_seats'");
$node->restart;
is( $node->ask("SELECT abs(extract(epoch FROM expires_at - '$until')) < 0.2"
          . " FROM tix_lock_get($steady, u(1))"),
    't', 'a slow load takes nothing off a hold');
$node->ask('ALTER SYSTEM RESET tix.seat_loader');

# The lifetime of a hold counts from its grant, through extensions and restarts.
$node->ask("SELECT ok FROM tix_extend_lock($extended, u(2), '21 min')");
$node->restart;
is( $node->ask("SET tix.lock_lifetime_max = '25 min';"
          . " SELECT round(extract(epoch FROM x.expires_at - g.at), 1) FROM tix.holds g,"
          . " tix_extend_lock($extended, u(2), '1 hour') x"
          . " WHERE g.lock_id = $extended AND g.kind = 'g'"),
    '1500.0', 'a hold is as old as before');

# Data of another cluster may have been put together by hand: tokens are above all of it.
sub generation_after
{
    my ($change) = @_;
    $node->ask($change);
    $node->restart;
    return $node->ask("SELECT lock_id >> 47 FROM tix_load_session(s(1)),"
          . " tix_lock_best(s(1), 1, u(1))");
}
my $foreign = 'UPDATE tix.generation SET system_identifier = 1';
is( generation_after("$foreign; INSERT INTO tix.holds (lock_id, session_id, version, kind, at,"
          . " seats) SELECT 5000::bigint << 47, session_id, version, kind, at, seats"
          . " FROM tix.holds WHERE lock_id = $past"),
    5001, 'the generation is above a journal of another cluster');
is(generation_after($foreign), 6001, 'and leaps, for others may have gone on there');
is(generation_after('DELETE FROM tix.generation'), 6002, 'and is known without its row');
is(generation_after('UPDATE tix.generation SET timeline = 99'), 7002, 'and leaps at a promotion');
$node->stop;
done_testing();
