# kill -9 of a backend at any point: what was committed is there, what was not is gone, in 2 s.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time usleep);
use TixPoints;
use TixCases;

my $node = TixCases::server('anywhere');
my $seen = TixCases::rehearse($node);

# Each point is tried in at most two cases: the first and the last that pass it.
my %cases_of;
for my $name (sort keys %$seen)
{
    push @{ $cases_of{$_} }, $name for keys %{ $seen->{$name}{passes} };
}
my %all = map { $_ => 1 } split /\n/, $node->ask('SELECT name FROM tix_points()');
delete @all{ keys %cases_of, @TixCases::loader, @TixCases::sweep };
is(join(' ', sort keys %all), '', 'every point is passed by a case or tried by a test of its own');

$node->ask('SELECT FROM make_session(9999, 1, 1, 8)');
$node->ask("SELECT FROM tix_lock_seat(s(9999), 'A-1-1', u(1), '20 min')");
my @outages;

# Waits until a process was killed and a lock call is answered again; notes how long that took.
sub recover
{
    my $start = time;
    $node->deaths(@outages + 1);
    $node->await;
    while (time - $start < 30)
    {
        my ($status, $out) = $node->psql('postgres',
            "SELECT ok FROM tix_lock_seat(s(9999), 'A-1-1', u(1))");
        last if defined $out && $out eq 't';
        usleep(10_000);
    }
    push @outages, time - $start;
    return;
}

sub kill_at
{
    my ($point, $name) = @_;
    my $control = $node->session;
    my $n = TixCases::prepare($control, $name);
    $control->quit;
    my ($status, $out) = $node->psql('postgres',
        "SELECT tix_point_set('$point', 'kill', 1, pg_backend_pid());\n" . TixCases::sql($name, $n)
          . "\nSELECT 'alive'");
    my $late = TixCases::is_done($name, $point);
    recover();
    is(($status == 2 ? 'killed ' : "status $status $out ") . TixCases::state_of($node, $n),
        'killed ' . $seen->{$name}{ $late ? 'after' : 'before' },
        "$name killed at $point is " . ($late ? 'done' : 'undone'));
    is($node->ask("SELECT (SELECT count(*) FROM tix_arena_audit())"
              . " + (SELECT count(*) FROM tix_check(s($n)))"), 0, '  and the audits agree');
    return;
}

for my $point (sort keys %cases_of)
{
    my @names = @{ $cases_of{$point} };
    kill_at($point, $names[0]);
    kill_at($point, $names[-1]) if @names > 1;
}
@outages = sort { $a <=> $b } @outages;
my ($median, $worst) = @outages[ @outages / 2, -1 ];
note(sprintf '%d kills, outage median %.2f s, worst %.2f s', scalar @outages, $median, $worst);
cmp_ok($median, '<=', 2, 'the server is back in two seconds');
$node->stop;
done_testing();
