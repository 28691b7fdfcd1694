# Error, cancel, terminate, timeout or a lost client at any point undo exactly what was begun (S9).
use strict;
use warnings;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(usleep);
use TixPoints;
use TixCases;

my $node = TixCases::server('undo', "client_connection_check_interval = '10 ms'");
my $seen = TixCases::rehearse($node);
my $control = $node->session;

# Nothing of a broken transaction is left: no pin, no advisory lock; the audit takes every lock.
my $left = "SELECT (SELECT coalesce(sum(in_use), 0) FROM tix_stat_sessions)"
  . " + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
  . ' + (SELECT count(*) FROM tix_arena_audit())';

sub judge
{
    my ($what, $name, $n, $must) = @_;
    my $state = $control->query_safe("SELECT state_of($n, $n + 5000)");
    for (1 .. 100) { last if $control->query_safe($left) eq '0'; usleep(10_000); }
    my $wrong = $control->query_safe("SELECT count(*) FROM tix_check(s($n))")
      . $control->query_safe($left);
    my $good = $wrong eq '00'
      && ($state eq $seen->{$name}{before} || (!$must && $state eq $seen->{$name}{after}));
    ok($good, $what) or diag("$state\ninstead of $seen->{$name}{before}\n$wrong");
    return;
}

my %by_action = (
    error     => qr/error at point/,
    cancel    => qr/canceling statement due to user request/,
    terminate => qr/terminating connection due to administrator command/,
    timeout   => qr/canceling statement due to statement timeout/,
);

sub break_at
{
    my ($action, $name, $point, $kind) = @_;
    my $n   = TixCases::prepare($control, $name);
    my $set = $action eq 'timeout' ? 'wait' : $action;
    my $sql = "SELECT tix_point_set('$point', '$set', 1, pg_backend_pid());\n";
    $sql .= "SET statement_timeout = '25 ms';\n" if $action eq 'timeout';
    my ($status, $out, $err) =
      $node->psql('postgres', $sql . TixCases::sql($name, $n), on_error_stop => 1);
    $control->query_safe("SELECT tix_point_set('$point', 'none')");
    judge("$action of $name at $point", $name, $n, $kind eq 'open');
    like($err, $by_action{$action}, '  which was told') if $kind eq 'open';
    return;
}

# The client is gone while its statement waits.
sub lose_client
{
    my ($name, $point) = @_;
    my $n = TixCases::prepare($control, $name);
    $node->set($point, 'wait');
    my $pid = $node->start_script(TixCases::sql($name, $n))->{pid};
    my $backend = $node->arrival($point);
    kill 9, $pid;
    waitpid $pid, 0;
    for (1 .. 500) { last unless -e "/proc/$backend"; usleep(10_000); }
    ok(!-e "/proc/$backend", "the backend ends without its client at $point");
    $node->let_go($point);
    judge("lost client of $name at $point", $name, $n, 1);
    return;
}

# An error is tried at every point of every case, the rest in two cases a point.
my (%lost, %tried);
for my $name (sort keys %$seen)
{
    my $passes = $seen->{$name}{passes};
    for my $point (sort keys %$passes)
    {
        my $kind = $passes->{$point}{kind};
        my @actions = $kind eq 'open' ? sort keys %by_action : qw(cancel terminate);
        @actions = grep { $_ eq 'error' } @actions if $tried{$point}++ >= 2;
        # PostgreSQL stops the clock of a statement before it commits.
        @actions = grep { $_ ne 'timeout' } @actions if $point =~ /^pre_commit/;
        break_at($_, $name, $point, $kind) for @actions;
        lose_client($name, $point) if $kind eq 'open' && !$lost{$point}++;
    }
}
is($node->ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
          . " AND state <> 'idle' AND pid <> pg_backend_pid()"), 0, 'nobody hangs');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/PANIC|terminated by signal/,
    'nothing crashed');
$control->quit;
$node->stop;
done_testing();
