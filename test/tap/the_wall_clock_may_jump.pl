# The wall clock is set while holds live: they live as long as they were told, and so they do after
# a crash, when only the journal knows; what ended stays ended.
use strict;
use warnings;
use Test::More;
use TixFaults;

my $node = TixFaults->fresh('clock');
$node->furnish;

sub hold
{
    my ($seats, $user) = @_;
    return $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{$seats}', u($user), '10 min')");
}

sub seats
{
    my ($lock, $user) = @_;
    return $node->ask("SELECT array_to_string(seats, ' ') FROM tix_lock_get($lock, u($user))");
}

sub live_ten_minutes
{
    my ($when, @locks) = @_;
    is( $node->ask("SELECT count(*) FROM tix_stat_holds WHERE lock_id IN (" . join(',', @locks)
              . ") AND expires_at - clock_timestamp() BETWEEN '8 min' AND '10 min 0.1 s'"),
        scalar @locks, "all holds have what is left of ten minutes $when");
    $node->sound($when, 1);
    return;
}

$node->ask('SELECT FROM make_session(1, 1, 1, 10)');
my $first   = hold('A-1-1', 1);
my $lapsed  = hold('A-1-2', 2);
my $parted  = hold('A-1-3,A-1-4', 3);
my $sold    = hold('A-1-5', 4);
live_ten_minutes('at first', $first, $lapsed, $parted);

TixFaults::set(clock_seconds => 3600);
my $later = hold('A-1-6', 5);
live_ten_minutes('an hour ahead', $first, $lapsed, $parted, $later);
$node->ask("INSERT INTO tickets (session_id, seat_id) SELECT s(1), seat"
      . " FROM tix_confirm_seats($sold, u(4)) seat");

TixFaults::set(clock_seconds => -3600);
my $back = hold('A-1-7', 6);
$node->ask("SELECT FROM tix_release_seats($lapsed, u(2))");
$node->ask("SELECT FROM tix_release_seats($parted, u(3), '{A-1-3}')");
live_ten_minutes('an hour behind', $first, $parted, $later, $back);
$node->ask("DELETE FROM tickets WHERE seat_id = 'A-1-5'");

# By the clock of the releases their holds are long over, by that of their grants they live.
$node->crash;
TixFaults::set();
$node->start;
$node->ask('SELECT FROM tix_load_session(s(1))');
is(seats($first, 1), 'A-1-1', 'a hold of the right time is there after a crash');
is(seats($later, 5), 'A-1-6', 'one that was granted in the future too');
is($node->ask("SELECT count(*) FROM tix_stat_holds"
          . " WHERE expires_at > clock_timestamp() + interval '10 min 0.1 s'"),
    0, 'but no longer than it was given');
is(seats($lapsed, 2), '', 'what was released is free');
is(seats($sold, 4), '', 'what was sold and given back is free');
unlike(seats($parted, 3), qr/A-1-3 |A-1-3$/, 'what was released of a hold is free')
  or diag(seats($parted, 3));
$node->sound('after a crash', 1);
$node->stop;
done_testing();
