# A load killed in any of its stages, three times running, is closed each time and then complete.
use strict;
use warnings;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(usleep);
use TixPoints;
use TixCases;

my $node = TixPoints->fresh('loading');
$node->furnish;
$node->ask('SELECT make_session(1, 2, 2, 10), make_session(2, 1, 1, 4)');
my $lock = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1), '20 min')");
$node->ask("SELECT FROM tix_lock_seat(s(1), 'A-2-2', u(2), '20 min')");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-3'), (s(1), 'B-2-1')");
my $seats = "SELECT string_agg(seat_id || ' ' || state, ', ' ORDER BY ordinal)"
  . " FROM tix_seats(s(1)) WHERE state <> 'free'";
my $whole = $node->ask($seats);
my $taker = "SELECT ok, reason FROM tix_lock_seats(s(1), '{A-1-1,A-2-2}', u(9))";
my ($largest, $deaths) = ($lock, 0);

# What the stage is passed by: any first call, or one with a token of an earlier start.
sub touch
{
    my ($stage) = @_;
    return "SELECT FROM tix_lock_get($lock, u(1))" if $stage eq 'token_session_found';
    return "SELECT FROM tix_load_session(s(1))";
}

sub whole
{
    my ($when) = @_;
    is($node->ask($seats), $whole, "$when everything is there");
    is($node->ask($taker), 'f|held', '  and nobody else gets it');
    my $new = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'B-2-9', u(3))");
    cmp_ok($new, '>', $largest, '  and tokens have grown');
    $largest = $new;
    $node->ask("SELECT FROM tix_release_seats($new, u(3))");
    return;
}

for my $stage (@TixCases::loader)
{
    $node->restart;
    for my $time (1 .. 3)
    {
        $node->set($stage, 'kill');
        my ($status, $out) = $node->psql('postgres', touch($stage));
        # At the last stage the session is open, and the caller may have had its answer.
        isnt($status, 0, "$stage: death $time") if $stage ne 'loader_published';
        $deaths++;
        is($node->deaths($deaths), $deaths, "$stage: death $time of a process");
        $node->await;
    }
    whole("after three deaths at $stage");
    $node->sound("after $stage", 1);
}

# While a load stands still the session is closed to all; then open, and whole.
for my $stage (grep { !/published|token/ } @TixCases::loader)
{
    $node->restart;
    $node->set($stage, 'wait');
    my $client = $node->start_script(touch($stage));
    my $loader = $node->arrival($stage);
    is($node->ask("SET tix.load_wait = '20 ms'; $taker"), 'f|rebuilding',
        "closed while the loader is at $stage");
    is(($node->failure("SET tix.load_timeout = '100 ms'; SET lock_timeout = '2 s';"
              . " DELETE FROM tickets WHERE seat_id = 'A-1-3'"))[0], 'TX015', '  to tickets, too');
    $node->let_go($stage);
    $node->end_script($client);
    is($?, 0, '  who asked for it is answered');
    whole("after a stay at $stage");
}

# Whatever ends a loader early leaves the session closed, and the next who asks gets it loaded.
my %kind = map { split ' ' } split /\n/, $node->ask("SELECT name || ' ' || kind FROM tix_points()");
for my $stage (grep { $kind{$_} eq 'open' && !/published|token/ } @TixCases::loader)
{
    for my $action (qw(error terminate))
    {
        $node->restart;
        $node->set($stage, $action);
        my ($code) = $node->failure("SET tix.load_timeout = '2 s'; " . touch($stage));
        like($code, qr/^(55000|TX015)$/, "$action at $stage: who waits is told");
        is($node->ask('SELECT holds FROM tix_load_session(s(1))'), 2, '  the next load succeeds');
        whole("after $action at $stage");
    }
}
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/PANIC/, 'nothing panicked');
$node->stop;
done_testing();
