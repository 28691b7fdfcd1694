# A holder stopped past its deadline (SIGSTOP) that then confirms is refused: nothing is sold twice.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(usleep);
use TixNode;

my $rounds = 8;
my $node = TixNode->fresh('stopped');
$node->furnish;
$node->ask("SELECT make_session(1, 1, 1, $rounds)");
$node->ask('SELECT FROM tix_load_session(s(1))');

# Each way a holder comes to a sale; its process is stopped after the statements before the bar.
my @ways = (
    [ '', 'BEGIN; INSERT INTO tickets (session_id, seat_id) SELECT s(1), seat'
          . ' FROM tix_confirm_seats(LOCK, u(1)) seat; COMMIT' ],
    [ 'BEGIN', 'INSERT INTO tickets (session_id, seat_id) SELECT s(1), seat'
          . ' FROM tix_confirm_seats(LOCK, u(1)) seat; COMMIT' ],
    [ 'BEGIN; SELECT ok FROM tix_lock_get(LOCK, u(1))',
        "SELECT FROM tix_hand_over(LOCK, u(1), u(99), '1 hour'); COMMIT" ],
    [ "BEGIN; SELECT ok FROM tix_extend_lock(LOCK, u(1), '300 ms')", 'COMMIT' ],
);
for my $round (1 .. $rounds)
{
    my ($before, $after) = @{ $ways[ $round % @ways ] };
    my $seat = "A-1-$round";
    my $holder = $node->session;
    my $backend = $holder->query_safe('SELECT pg_backend_pid()');
    my $lock =
      $holder->query_safe("SELECT lock_id FROM tix_lock_seat(s(1), '$seat', u(1), '250 ms')");
    s/LOCK/$lock/g for $before, $after;
    $holder->query_safe($before) if $before;
    kill 'STOP', $backend;
    usleep(450_000);
    is($node->ask("INSERT INTO tickets (session_id, seat_id)"
              . " VALUES (s(1), '$seat') RETURNING seat_id"), $seat,
        "round $round: another buys the seat of a stopped holder");
    kill 'CONT', $backend;
    $holder->{stderr} = '';
    $holder->query("\\set VERBOSITY sqlstate\n$after");
    like($holder->{stderr}, qr/ERROR:\s+TX002/, '  and who held it is told TX002');
    $holder->query('ROLLBACK');
    $holder->quit;
}
is($node->ask('SELECT count(*), count(DISTINCT seat_id) FROM tickets'), "$rounds|$rounds",
    'every seat is sold once');
$node->sound('at the end', 1);
$node->stop;
done_testing();
