# After kill -9 of the postmaster every hold of an acknowledged batch is there, and a request under
# an idempotency key is answered as before the crash.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('batches');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 4, 5, 40)');
$node->ask('SELECT FROM tix_load_session(s(1))');
my $batch = <<'SQL';
SELECT %s FROM tix_lock_batch((SELECT jsonb_agg(jsonb_build_object('sessionId', session_id,
    'userId', u(1), 'ttl', 600, 'seatIds', ARRAY[seat_id]) ORDER BY random())
    FROM house WHERE "position" %% 2 = %d)) r
SQL
is($node->ask(sprintf $batch, "count(*) || ' ' || bool_and(ok)", 0), '400 true', 'a batch is held');
my $keyed = "SELECT lock_id || ' ' || expires_at FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(2),"
  . " '10 min', idempotency_key => 'click')";
my $answer = $node->ask($keyed);
my ($lock) = split / /, $answer;
is($node->ask("SELECT count(*) FROM tix_release_seats($lock, u(2), '{B-1-1}')"),
    1, 'a seat of the keyed hold is released');

$node->crash;
$node->start;
$node->await;
is($node->ask('SELECT count(*) FROM holds h, tix_lock_get(h.lock_id, u(1)) g'
          . ' WHERE h.user_id = u(1) AND g.ok AND g.seats = h.seats'),
    400, 'every hold of the batch is there');
is($node->ask($keyed), $answer, 'the stored answer is given again');
is($node->ask("SELECT count(*) FROM tix_seats(s(1)) WHERE state = 'held'"), 401,
    'and nothing else is held');
my $known = "bool_and(lock_id IN (SELECT lock_id FROM holds))";
is($node->ask(sprintf $batch, "count(*) || ' ' || $known", 0),
    '400 true', 'asking again answers the same holds');
$node->sound('after the crash', 1);
$node->stop;
done_testing();
