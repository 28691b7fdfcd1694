# A client that dies, is reset, is terminated or idles too long in its transaction leaves nothing.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(time usleep);
use TixNode;

my $node = TixNode->fresh('broken', "listen_addresses = '127.0.0.1'");
$node->append_conf('pg_hba.conf', 'host all all 127.0.0.1/32 trust');
$node->reload;
$node->furnish;
$node->ask('SELECT make_session(1, 2, 1, 8)');
$node->ask('SELECT FROM tix_load_session(s(1))');
my $lock = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1))");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
my $busy = "BEGIN; SELECT ok FROM tix_lock_seats(s(1), '{A-1-2,B-1-2}', u(2));"
  . " SELECT FROM tix_extend_lock($lock, u(1), '20 min'); SAVEPOINT a;"
  . " SELECT FROM tix_release_seats($lock, u(1), '{A-1-1}');"
  . " DELETE FROM tickets WHERE seat_id = 'A-1-8';"
  . " INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'B-1-7')";

sub untouched
{
    my ($when) = @_;
    my $left = "SELECT (SELECT sum(in_use) FROM tix_stat_sessions)"
      . " + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')";
    for (1 .. 30) { last if $node->ask($left) eq '0'; usleep(50_000); }
    is($node->ask($left), '0', "nothing is left $when");
    is($node->ask("SELECT string_agg(seat_id || ' ' || state, ', ' ORDER BY ordinal)"
              . " FROM tix_seats(s(1)) WHERE state <> 'free'"),
        'A-1-1 held, A-1-8 sold, B-1-1 held', "the seats are as before $when");
    is($node->ask("SELECT seats, expires_at < clock_timestamp() + interval '11 min'"
              . " FROM tix_lock_get($lock, u(1))"), '{A-1-1,B-1-1}|t', '  so is the hold');
    $node->sound($when, 1);
    return;
}

# How a session can end without its consent; each gets the session and its backend's process id.
my %ends = (
    'a terminated backend' => sub { $node->ask("SELECT pg_terminate_backend($_[1])") },
    'a client killed'      => sub { $_[0]->{run}->kill_kill },
    'an idle transaction'  => sub { usleep(50_000) },
);
for my $end (sort keys %ends)
{
    my $session = $node->session;
    $session->query_safe("SET idle_in_transaction_session_timeout = '100 ms'") if $end =~ /idle/;
    my $backend = $session->query_safe('SELECT pg_backend_pid()');
    $session->query_safe($busy);
    $ends{$end}->($session, $backend);
    for (1 .. 500) { last unless -e "/proc/$backend"; usleep(10_000); }
    ok(!-e "/proc/$backend", "$end ends its backend");
    eval { $session->{run}->kill_kill };
    untouched("after $end");
}

# A connection that is reset: the smallest client there is, so that the kernel sends the RST.
sub startup_packet
{
    my $body = pack('N', 3 << 16)
      . join("\0", user => scalar getpwuid($>), database => 'postgres', '') . "\0";
    return pack('N', 4 + length $body) . $body;
}

sub query_packet { return 'Q' . pack('N', 5 + length $_[0]) . "$_[0]\0"; }

for my $sleeps (0, 1)
{
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $node->port)
      or die "no connection: $!";
    print {$socket} startup_packet(), query_packet($busy);
    $socket->flush;
    ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM tix_seats(s(1))"
              . " WHERE seat_id = 'B-1-7' AND state = 'confirming'"), 'a transaction is under way');
    print {$socket} query_packet('SELECT pg_sleep(0.3)') if $sleeps;
    $socket->flush;
    usleep(50_000);
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    close $socket;
    ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity"
              . " WHERE client_addr IS NOT NULL"), 'a reset connection ends its backend');
    untouched('after a reset' . ($sleeps ? ' in a statement' : ''));
}
$node->stop;
done_testing();
