# The wall clock jumps, while the server runs or is down: no hold gets shorter or longer by it.
#
# The journal has the wall clock's word, so tix_check sees other deadlines after a jump.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(usleep);
use TixFaults;

my $node = TixFaults->fresh('clock', "log_timezone = 'UTC'");
$node->furnish;
$node->ask('SELECT make_session(1, 2, 1, 20)');
$node->ask('SELECT FROM tix_load_session(s(1))');
my $start = time;
my $long = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1), '10 min')");
my ($jumps, $largest) = (0, $long);

# Seconds that a hold has left, on the wall clock as it stands.
sub left
{
    my ($lock, $user) = @_;
    return $node->ask("SELECT extract(epoch FROM expires_at - clock_timestamp())"
          . " FROM tix_lock_get($lock, u($user))");
}

sub about
{
    my ($is, $expected, $what) = @_;
    ok($is ne '' && abs($is - $expected) < 3, $what) or diag("$is instead of $expected");
    return;
}

sub jump
{
    my ($seconds) = @_;
    my $seat = 'A-1-' . (2 + $jumps++);
    my $before = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), '$seat', u(2), '1 s')");
    TixFaults::set(clock_seconds => $seconds);
    my $clock = $node->ask('SELECT extract(epoch FROM clock_timestamp())');
    about($clock - time, $seconds, "the clock of the server is $seconds s away");
    about(left($long, 1), 600 - (time - $start), '  a hold has the time left that it had');
    is($node->ask("SELECT ok, reason FROM tix_lock_seat(s(1), '$seat', u(3))"), 'f|held',
        '  a short one is held');
    usleep(1_100_000);
    my $after =
      $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), '$seat', u(3), '3 min')");
    cmp_ok($after, '>', $largest, '  and over when its time is over; tokens grow');
    $largest = $after;
    about(left($after, 3), 180, '  a new hold lasts as long as it was told');
    is($node->ask("SELECT ok FROM tix_extend_lock($after, u(3), '5 min')"), 't',
        '  or is extended');
    about(left($after, 3), 300, '    to the second');
    $node->sound("after a jump to $seconds s");
    return;
}
jump($_) for 3600, 0, -3600, 86400, -86400, 0;

# While the server is down. Forward, an hour may have gone by: holds that it would have ended are
# over. Back, nothing is longer than it was given.
my $order = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{B-1-9}', u(5), '20 min')");
$node->ask("SELECT FROM tix_hand_over($order, u(5), u(99), '3 hours')");
$node->stop;
TixFaults::set(clock_seconds => -3600);
$node->start;
$node->ask('SELECT FROM tix_load_session(s(1))');
my $now = left($long, 1);
ok($now <= 600 && $now > 500, "an hour back while down: no hold is longer than given ($now s)");
about(left($order, 5), 3 * 3600, '  nor an order');
$node->sound('after a jump back while down');
$node->stop;
TixFaults::set(clock_seconds => 3600);
$node->start;
$node->ask('SELECT FROM tix_load_session(s(1))');
is($node->ask("SELECT ok FROM tix_lock_get($long, u(1))"), 'f',
    'two hours ahead while down: a hold of ten minutes is over');
about(left($order, 5), 2 * 3600, '  one of three hours has two left');
my $new = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(7))");
cmp_ok($new, '>', $largest, '  and tokens grow, whatever the clock says');
$node->sound('after a jump ahead while down');
$node->stop;
done_testing();
