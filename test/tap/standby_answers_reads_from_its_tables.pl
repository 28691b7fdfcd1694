# A hot standby answers every read as its primary does, from its tables, and by its own clock.
use strict;
use warnings;
use Test::More;
use TixNode;

my $primary = TixNode->fresh('primary');
$primary->furnish;
$primary->ask('SELECT make_session(1, 2, 3, 8)');
$primary->ask('SELECT make_session(2, 1, 1, 8)');
$primary->backup('copy');
my $standby = bless PostgreSQL::Test::Cluster->new('standby'), 'TixNode';
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

# The standby answers the same as the primary.
sub same
{
    my ($what, $query) = @_;
    my $expected = $primary->ask($query);
    is($standby->ask($query), $expected, $what);
    return $expected;
}

my $seats = 'SELECT * FROM tix_seats(s(1), NULL, u(1))';
sub all_the_same
{
    my ($when) = @_;
    $primary->wait_for_catchup($standby);
    same("every seat $when", $seats);
    same("the map $when", 'SELECT layout_version, states FROM tix_seat_map(s(1))');
    same("availability $when", 'SELECT * FROM tix_availability(s(1))');
    same("each seat alone $when",
        'SELECT t.* FROM house h, tix_seat_status(session_id, h.seat_id) t'
          . ' WHERE session_id = s(1) ORDER BY h.ordinal');
    return;
}

all_the_same('of an empty house');
my $hold = $primary->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,A-1-2,B-1-1}', u(1))");
$primary->ask("SELECT tix_release_seats($hold, u(1), '{A-1-2}')");
my $gone = $primary->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-4,A-1-5}', u(2))");
$primary->ask("SELECT tix_release_seats($gone, u(2))");
my $order = $primary->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-2-1', u(2))");
$primary->ask("SELECT tix_hand_over($order, u(2), u(99), '20 min')");
my $sold = $primary->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{B-2-1,B-2-2}', u(3))");
$primary->ask("BEGIN; SELECT tix_confirm_seats($sold, u(3));"
      . " INSERT INTO tickets (session_id, seat_id)"
      . " SELECT s(1), 'B-2-' || n FROM generate_series(1, 2) n; COMMIT");
$primary->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'B-3-1'), (s(1), 'B-3-2')");
$primary->ask("DELETE FROM tickets WHERE seat_id = 'B-3-2'");
$primary->ask("SELECT tix_block_seats(s(1), '{A-3-1,A-3-2}'), tix_unblock_seats(s(1), '{A-3-2}')");
$primary->ask("SELECT tix_lock_seat(s(1), 'B-3-8', u(4), '20 min')");
$primary->ask("SELECT tix_force_release(s(1), '{B-3-8}', 'taken back')");
$primary->ask("SELECT tix_lock_seat(s(1), 'B-3-8', u(5))");
all_the_same('of a busy one');
is($standby->ask("$seats WHERE state <> 'free'") =~ tr/\n//, 7, 'eight seats are not free');
same('one area', "SELECT * FROM tix_seats(s(1), 'B', u(5))");
same('the map of one area', "SELECT states FROM tix_seat_map(s(1), 'B')");
for my $lock ("$hold, u(1)", "$order, u(2)", "$gone, u(2)", "$sold, u(3)", "$hold, u(2)", '1, u(1)')
{
    same("a look at the lock $lock", "SELECT * FROM tix_lock_get($lock)");
}

# What has no number there.
is($standby->ask('SELECT seq IS NULL FROM tix_seat_map(s(1))'), 't', 'its map has no number');
is( $standby->ask('SELECT ordinal, state FROM tix_changes(0, s(1)) WHERE seq IS NULL'),
    $primary->ask('SELECT ordinal, state FROM tix_seats(s(1))'),
    'its feed is how each seat is');
is($standby->ask('SELECT state FROM tix_changes(NULL, s(1), 48)') =~ tr/\n//, 47, '  of 48');
is($standby->ask('SELECT * FROM tix_changes(0, s(1), 47)'), '||||resync',
    '  if it may have so many rows');
is($standby->ask('SELECT * FROM tix_changes(0, wait_ms => 60000)'), '||||resync',
    '  and of one session');

# By its own clock, with nothing new to replay.
my $short = $primary->ask("SELECT lock_id FROM tix_lock_seat(s(2), 'A-1-1', u(1), '3 s')");
$primary->ask("SELECT tix_block_seats(s(2), '{A-1-2}', until => clock_timestamp() + '3 s')");
$primary->wait_for_catchup($standby);
my $two = "SELECT string_agg(state, ' ') FROM tix_seats(s(2)) WHERE ordinal < 3";
is($standby->ask($two), 'held blocked free', 'a short hold and a short block');
is($standby->ask("SELECT ok FROM tix_lock_get($short, u(1))"), 't', '  are seen');
$standby->ask('SELECT pg_wal_replay_pause(), pg_sleep(3.1)');
is($standby->ask($two), 'free free free', '  and end when they should');
is($standby->ask("SELECT reason FROM tix_lock_get($short, u(1))"), 'expired', '  the lock as well');
$standby->ask('SELECT pg_wal_replay_resume()');

# What is not committed is not there; what a statement sees is one moment.
my $open = $primary->session;
$open->query_safe("BEGIN; SELECT tix_lock_seat(s(1), 'A-1-7', u(6));"
      . " INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
$primary->ask("SELECT tix_lock_seat(s(1), 'A-1-6', u(6))");
$primary->wait_for_catchup($standby);
my $last = "SELECT string_agg(state, ' ') FROM tix_seats(s(1), 'A')"
  . " WHERE row_label = '1' AND ordinal >= 5";
is($standby->ask($last), 'held free free', 'nothing is seen before COMMIT');
my $look = $standby->session;
$look->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM tix_seats(s(1))");
$open->query_safe('COMMIT');
all_the_same('after COMMIT');
is($standby->ask($last), 'held held sold', '  then all of it');
is($look->query_safe($last), 'held free free', '  but not by an older snapshot');
$_->quit for $open, $look;

# Errors and limits are those of the primary.
is(($standby->failure('SELECT tix_seats(s(3))'))[0], '22023', 'an unknown session');
is(($standby->failure("SELECT tix_seats(s(1), 'Z')"))[0], '22023', 'an unknown area');
is(($standby->failure('SELECT tix_seats(NULL)'))[0], '22023', 'no session');
is(($standby->failure('SELECT tix_changes(0, s(1), 0)'))[0], '22023', 'no rows');
is($standby->ask("SELECT tix_seat_status(s(1), 'Z') IS NULL"), 't', 'an unknown seat');
same('a read-only transaction on the primary answers the same, from memory',
    "BEGIN READ ONLY; $seats; COMMIT");

# Reads leave nothing behind, and it takes over.
is($standby->ask('SELECT count(*) FROM generate_series(1, 200) n, tix_availability(s(1 + 0 * n))'),
    400, 'two hundred reads in one statement');
my $before = $primary->ask($seats);
$primary->stop;
$standby->promote;
is($standby->ask($seats), $before, 'promoted, the engine says the same');
is($standby->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-1', u(9))"), 'held',
    'and arbitrates');
$standby->sound('after promotion', 1, 2);
$standby->stop;
done_testing();
