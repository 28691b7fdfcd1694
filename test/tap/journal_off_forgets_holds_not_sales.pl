# Without the journal, holds are memory only: a crash forgets them, but no sale; tokens grow.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('unjournaled', 'tix.hold_journal = off');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 1, 1, 8)');
$node->ask('SELECT FROM tix_load_session(s(1))');
my $lock = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,A-1-2}', u(1))");
is($node->ask("BEGIN; SELECT ok, pg_current_xact_id_if_assigned() IS NULL"
          . " FROM tix_lock_seat(s(1), 'A-1-5', u(1)); COMMIT"), 't|t', 'a winner needs no xid');
is($node->ask("BEGIN; SELECT ok FROM tix_lock_seat(s(1), 'A-1-6', u(1)); ROLLBACK;"
          . " SELECT state FROM tix_seat_status(s(1), 'A-1-6')"), "t\nfree", 'rollback frees');
is(($node->failure("BEGIN; SELECT ok FROM tix_lock_seat(s(1), 'A-1-6', u(1), '20 ms');"
          . " SELECT pg_sleep(0.03); COMMIT"))[0], 'TX002', 'a late COMMIT is refused');
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
is($node->ask("SELECT ok FROM tix_extend_lock($lock, u(1), '20 min')"), 't', 'extending works');
is($node->ask('SELECT count(*) FROM holds'), 0, 'the journal is empty');
$node->crash;
$node->start;
$node->ask('SELECT FROM tix_load_session(s(1))');
is($node->ask("SELECT string_agg(seat_id, ' ') FROM tix_seats(s(1)) WHERE state <> 'free'"),
    'A-1-8', 'after a crash only the sale is known');
is($node->ask("SELECT ok FROM tix_lock_get($lock, u(1))"), 'f', 'the old token is dead');
cmp_ok($node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(2))"), '>', $lock,
    'tokens increase');
$node->sound('at the end');
$node->stop;
done_testing();
