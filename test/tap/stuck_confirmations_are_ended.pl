# A transaction that keeps seats confirming for longer than tix.confirm_timeout is ended, and its
# seats are held again; nobody else's is, and 0 means never.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('confirming', "tix.confirm_timeout = '1 s'");
$node->furnish;
$node->ask('SELECT FROM make_session(1, 1, 1, 9)');
my %lock = map {
    $_ => $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-$_', u(1))")
} 1 .. 6;
my %client = map { $_ => $node->background_psql('postgres', on_error_stop => 0) } 1 .. 6;
my %pid = map { $_ => $client{$_}->query_safe('SELECT pg_backend_pid()') } keys %client;
my $alive = sub { $node->ask("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid{$_[0]}") };
my $gone = sub { $node->poll_query_until('postgres',
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid{$_[0]}") };

# 1 confirms, 2 inserts a ticket: both keep seats confirming. 3 only holds, 4 took its back.
$client{1}->query_safe("BEGIN; SELECT tix_confirm_seats($lock{1}, u(1))");
$client{2}->query_safe("BEGIN; INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-7')");
$client{3}->query_safe("BEGIN; SELECT tix_extend_lock($lock{3}, u(1))");
$client{4}->query_safe("BEGIN; SELECT tix_extend_lock($lock{4}, u(1)); SAVEPOINT a;"
      . " SELECT tix_confirm_seats($lock{4}, u(1)); ROLLBACK TO a");
# 5 sold and goes on in another transaction.
$client{5}->query_safe("BEGIN; SELECT tix_confirm_seats($lock{5}, u(1));"
      . " INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-5'); COMMIT; BEGIN");
is($node->ask("SELECT count(*) FROM tix_locks WHERE state = 'confirming'"),
    2, 'two transactions are confirming');
ok($gone->(1), 'who confirms for too long is ended');
ok($gone->(2), 'so is who inserts a ticket and stays');
is($node->ask("SELECT string_agg(state, ' ' ORDER BY ordinal) FROM tix_seats(s(1))"),
    'held held held held sold held free free free', 'their seats are as before');
is($node->ask("SELECT ok FROM tix_lock_get($lock{1}, u(1))"), 't', 'the buyer has her hold');
is($alive->($_), 1, "client $_ confirms nothing and lives") for 3 .. 6;
is($node->ask("SELECT sum(terminated) FROM tix_stat_workers"), 2, 'the worker counts them');
my $said = "terminating process $pid{1}: its transaction has been confirming";
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/$said/, 'and the log says why');

$node->append_conf('postgresql.conf', 'tix.confirm_timeout = 0');
$node->reload;
$node->poll_query_until('postgres', "SELECT setting = '0' FROM pg_settings"
      . " WHERE name = 'tix.confirm_timeout'");
sleep 1;
$client{6}->query_safe("BEGIN; SELECT tix_confirm_seats($lock{6}, u(1))");
sleep 2;
is($alive->(6), 1, 'without a timeout nobody is ended');
$client{$_}->quit for 3 .. 6;
$node->sound('at the end', 1);
$node->stop;
done_testing();
