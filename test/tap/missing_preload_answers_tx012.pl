# Without tix in shared_preload_libraries the server runs, and every call answers TX012 with a hint.
use strict;
use warnings;
use PostgreSQL::Test::Utils ();
use Test::More;
use TixNode;

my $node = TixNode->fresh('preload');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 1, 1, 8)');
$node->ask("SELECT ok FROM tix_load_session(s(1)), tix_lock_seat(s(1), 'A-1-1', u(1))");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-2')");
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;

my @calls = (
    "SELECT tix_lock_seat(s(1), 'A-1-3', u(1))",
    "SELECT tix_lock_seats(s(1), '{A-1-3}', u(1))",
    'SELECT tix_lock_best(s(1), 1, u(1))',
    'SELECT tix_extend_lock(1, u(1))',
    'SELECT tix_lock_get(1, u(1))',
    'SELECT tix_release_seats(1, u(1))',
    "SELECT tix_hand_over(1, u(1), u(2), '1 min')",
    "SELECT tix_session_of_lock(1)",
    'SELECT tix_confirm_seats(1, u(1))',
    "SELECT tix_free_sold(s(1), '{A-1-2}')",
    "SELECT tix_seat_status(s(1), 'A-1-1')",
    'SELECT tix_seats(s(1))',
    'SELECT tix_seat_map(s(1))',
    'SELECT tix_changes(0)',
    'SELECT tix_availability(s(1))',
    'SELECT tix_load_session(s(1))',
    'SELECT tix_unload_session(s(1))',
    'SELECT tix_check(s(1))',
    'SELECT tix_arena_audit()',
    'SELECT * FROM tix_stat_partitions',
    'SELECT * FROM tix_stat_sessions',
    'SELECT * FROM tix_stat_holds',
    'SELECT * FROM tix_stat_areas',
    'SELECT * FROM tix_memory',
    "INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-3')",
    'DELETE FROM tickets',
);
for my $call (@calls)
{
    my ($code, $text) = $node->failure($call);
    is($code, 'TX012', "TX012: $call");
    like($text, qr/HINT:.*shared_preload_libraries/, '  with a hint');
}
# Every function of the library, whatever it is called with; signing needs no shared memory.
for my $call (split /\n/, $node->ask("SELECT format('SELECT tix.%I(%s)', proname,"
          . " array_to_string(array(SELECT 'NULL::' || format_type(t, NULL)"
          . " FROM unnest(proargtypes) WITH ORDINALITY x (t, n) ORDER BY n), ', ')) FROM pg_proc"
          . " WHERE probin = '\$libdir/tix' AND prorettype <> 'trigger'::regtype"
          . " AND proname !~ '^tix_(ed25519|hmac)'"
          . " AND proname <> 'tix_apply_rules' ORDER BY 1"))  # a dump is restored without it
{
    is(($node->failure($call))[0], 'TX012', "TX012: $call");
}
is($node->ask('SELECT count(*) FROM tickets, holds'), 2, 'tables can be read');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'tix'");
$node->restart;
is($node->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-1', u(2))"),
    'held', 'preloaded again, the holds are back');
is($node->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-2', u(2))"), 'sold', 'and the sales');
$node->stop;
done_testing();
