# An expiry worker killed at any moment, or standing still, frees nothing early and nothing late.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(usleep);
use TixPoints;
use TixCases;

my $node = TixPoints->fresh('sweeping', "tix.expiry_naptime = '10 ms'");
$node->furnish;
$node->ask('SELECT make_session(1, 2, 1, 20)');
my $kept = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-20,B-1-20}', u(1))");
my $deaths = 0;
my $free = "SELECT count(*) FROM tix_seats(s(1)) WHERE state = 'free'";

# The worker that took the place of another, waited for.
sub successor
{
    my ($before) = @_;
    for (1 .. 500)
    {
        my @now = grep { $_ != $before } $node->expiry_workers;
        return @now if @now;
        usleep(10_000);
    }
    return;
}

sub whole
{
    my ($when) = @_;
    is($node->ask($free), 38, "$when what is overdue is free");
    is($node->ask("SELECT seats FROM tix_lock_get($kept, u(1))"), '{A-1-20,B-1-20}',
        '  and what is not is held');
    $node->sound($when, 1);
    return;
}

for my $point (@TixCases::sweep)
{
    # A hold of two areas is what needs more than one partition.
    $node->ask('SELECT FROM tix_load_session(s(1))');
    $node->ask("SELECT FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(2), '300 ms');"
          . " SELECT FROM tix_lock_seats(s(1), '{A-1-2}', u(2), '300 ms');"
          . " SELECT tix_point_set('$point', 'kill')");
    is($node->deaths(++$deaths), $deaths, "a worker dies at $point");
    $node->await;
    $node->ask('SELECT pg_sleep(0.3), tix_load_session(s(1))');
    whole("after a worker died at $point:");
    is(scalar(my @new = successor(0)), 1, '  a new worker is at work');
}

my ($old) = $node->expiry_workers;
kill 9, $old;
for (1 .. 500) { last unless -e "/proc/$old"; usleep(10_000); }
$node->await;
is(scalar(my @new = successor($old)), 1, 'a worker killed while it sleeps is replaced');
whole('after the death of a sleeping worker:');

# Standing still with no lock held, it keeps nobody from anything.
$node->ask("SELECT FROM tix_lock_seats(s(1), '{A-1-5,B-1-5}', u(3), '200 ms');"
      . " SELECT tix_point_set('sweep_stuck', 'wait')");
my $pid = $node->arrival('sweep_stuck');
is($node->ask("SELECT ok FROM tix_lock_seats(s(1), '{B-1-5,A-1-6}', u(4), '1 min')"), 't',
    'seats that a stopped worker did not free are to be had at their deadline');
$node->let_go('sweep_stuck');
usleep(100_000);
is($node->ask("SELECT count(*) FROM tix_seats(s(1), NULL, u(4)) WHERE mine"), 2,
    'and the worker, going on, frees nothing of the new owner');
is(join(' ', $node->expiry_workers), $pid, 'nor did it die');
$node->stop;
done_testing();
