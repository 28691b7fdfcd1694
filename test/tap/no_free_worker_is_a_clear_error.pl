# When no background worker is free, a load that somebody waits for says so at once and says what to
# change; a lock call answers that it should be asked again.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TixNode;

my $node = TixNode->fresh('workers', "max_logical_replication_workers = 0\n"
      . "max_worker_processes = 1\ntix.load_wait = '200 ms'\ntix.load_timeout = '2 s'");
$node->furnish;
$node->ask('SELECT FROM make_session(1, 1, 1, 4)');
my $start = time;
my ($code, $text) = $node->failure('SELECT tix_load_session(s(1))');
is($code, '53400', 'a load that no worker can do is an error');
like($text, qr/no background worker is free/, 'that names the cause');
like($text, qr/HINT:.*max_worker_processes, which is 1/, 'and what to change');
cmp_ok(time - $start, '<', 2, 'at once');
is($node->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-1', u(1))"),
    'rebuilding', 'a lock call says to come again');
is(($node->failure('SELECT tix_seats(s(1))'))[0], '53400', 'who has waited in vain learns why');
is($node->ask('SELECT count(*) FROM tix_stat_sessions'), 0, 'no session hangs in loading');
$node->append_conf('postgresql.conf', 'max_worker_processes = 2');
$node->restart;
is($node->ask('SELECT seats FROM tix_load_session(s(1))'), 4, 'with a worker it loads');
$node->stop;
done_testing();
