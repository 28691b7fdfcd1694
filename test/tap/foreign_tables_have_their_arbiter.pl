# The engine arbitrates for tables that are not ours: docs/your-tables.md, executed, and a crash.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('shop');
open my $page, '<', $ENV{TIX_YOUR_TABLES} or die "no page: $!";
my $sql = '';
while (my $line = <$page>)
{
    $sql .= $line if ($line =~ /^```sql$/ .. $line =~ /^```$/) && $line !~ /^```/;
}
my ($status, $out, $err) = $node->psql('postgres', $sql, on_error_stop => 1);
is($err, '', 'the page runs');
is($out, join("\n",
        'f|held|[{"reason": "held", "seatId": "22"}]', 'f|sold|[{"reason": "sold", "seatId": "1"}]',
        '22', '1|100|ready', '1|sold', '2|sold', '21|sold', '31|sold'),
    'and answers what it should');

my $sold = "SELECT string_agg(seat_id, ' ' ORDER BY seat_id::int)"
  . " FROM tix_seats(shop.session_of(1)) WHERE state = 'sold'";
my $booked = "SELECT string_agg(chair_id::text, ' ' ORDER BY chair_id) FROM shop.bookings"
  . ' WHERE show_id = 1 AND NOT cancelled';
my $book = 'INSERT INTO shop.bookings (show_id, chair_id, customer_id) SELECT 1, seat::int, %d'
  . ' FROM tix_confirm_seats(%s, shop.user_of(%1$d)) seat';

# A confirmation is undone with its transaction, and refused to a stranger and a latecomer.
my $lock =
  $node->ask("SELECT lock_id FROM tix_lock_seats(shop.session_of(1), '{41,42}', shop.user_of(7))");
$node->ask('BEGIN; ' . sprintf($book, 7, $lock) . '; ROLLBACK');
is($node->ask($sold), '1 2 21 31', 'rolled back, nothing is sold');
is(($node->failure(sprintf $book, 8, $lock))[0], 'TX002', 'another cannot book them');
my $late = $node->ask(
    "SELECT lock_id FROM tix_lock_seats(shop.session_of(1), '{43}', shop.user_of(7), '10 ms')");
is(($node->failure('SELECT pg_sleep(0.02); ' . sprintf($book, 7, $late)))[0],
    'TX002', 'nor can who is too late');
is($node->ask($booked), '1 2 21 31', '  and nothing is booked');
is($node->ask('SELECT ok FROM tix_lock_best(shop.session_of(1), 4, shop.user_of(9))'),
    't', 'best available finds four');

# Limits count what the loader says people have.
$node->ask("SELECT tix_set_limit(shop.session_of(1), 'user', 2)");
my $more = "SELECT reason FROM tix_lock_seats(shop.session_of(1), '{100}', shop.user_of(501))";
is($node->ask($more), 'limit', 'customer 501 has two already');

# The tables and the journal are enough to begin again.
my $held = $node->ask("SELECT count(*) FROM tix_seats(shop.session_of(1)) WHERE state = 'held'");
$node->crash;
$node->start;
is($node->ask($sold), '1 2 21 31', 'after a crash what is booked is sold');
is($node->ask("SELECT count(*) FROM tix_seats(shop.session_of(1)) WHERE state = 'held'"),
    $held, '  what was held is held');
$node->ask(sprintf $book, 7, $lock);
is($node->ask($sold), '1 2 21 31 41 42', '  and a lock from before it can be booked');
is($node->ask($booked), '1 2 21 31 41 42', '  in the tables as well');
is($node->ask($more), 'limit', '  and limits are counted as before');
is($node->ask("SELECT shop.show_of(s), s FROM shop.session_of(2147483647) s"),
    '2147483647|5108f000-0000-4000-8000-00007fffffff', 'the mapping holds every key');
is(($node->failure('SELECT tix_seats(shop.session_of(3))'))[0], '22023', 'no show, no session');
is(($node->failure('SELECT tix_seats(shop.user_of(1))'))[0], '22023', 'nor is a user one');
$node->ask('INSERT INTO shop.bookings (show_id, chair_id, customer_id) VALUES (1, 60, 1)');
is($node->ask('SELECT seat_id, arena_state, table_state FROM tix_check(shop.session_of(1))'),
    '60|free|sold', 'a booking behind its back is found');
$node->stop;
done_testing();
