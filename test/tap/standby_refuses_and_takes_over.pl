# A standby refuses to change a seat (25006); promoted, it has every hold and larger tokens.
use strict;
use warnings;
use Test::More;
use TixNode;

my $primary = TixNode->fresh('primary');
$primary->furnish;
$primary->ask('SELECT FROM make_session(1, 1, 1, 8)');
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
bless $standby, 'TixNode';
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
my $lock = $primary->ask(
    "SELECT lock_id FROM tix_load_session(s(1)), tix_lock_seats(s(1), '{A-1-1,A-1-2}', u(1))");
$primary->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
$primary->wait_for_catchup($standby);

is($standby->ask('SELECT count(*) FROM holds WHERE lock_id > 0'), 2, 'the journal is replicated');
for my $call ("tix_lock_seat(s(1), 'A-1-3', u(2))", 'tix_lock_best(s(1), 1, u(2))',
    "tix_lock_batch('[{}]')", "tix_lock_seat_strict(s(1), 'A-1-3', u(2))",
    "tix_extend_lock($lock, u(1))", "tix_release_seats($lock, u(1))",
    "tix_confirm_seats($lock, u(1))", 'tix_load_session(s(1))', 'tix_check(s(1))',
    "tix_hand_over($lock, u(1), u(9), '1 min')", "tix_free_sold(s(1), '{A-1-8}')",
    "tix_session_of_lock($lock)", 'tix_unload_session(s(1))', 'tix_arena_audit()')
{
    is(($standby->failure("SELECT $call"))[0], '25006', "25006: $call");
}
$primary->stop;
$standby->promote;
$standby->ask('SELECT pg_stat_reset()');
is($standby->ask("SELECT ok FROM tix_lock_get($lock, u(1))"), 't', 'promoted, it has the hold');
is($standby->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-8', u(2))"), 'sold', 'and the sale');
my $new = $standby->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-4', u(2))");
is($new >> 47, ($lock >> 47) + 1000, 'its generation has leapt');
$standby->poll_query_until('postgres',
    "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'tix loader'");
is( $standby->ask("SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'tix.holds'::regclass"),
    0, 'without a look at the whole journal');
$standby->sound('after promotion', 1);
$standby->stop;
done_testing();
