# A lagging standby, promoted, forgets what it had not received, whole, and gives no token twice.
use strict;
use warnings;
use Test::More;
use TixNode;

my $primary = TixNode->fresh('ahead');
$primary->furnish;
$primary->ask('SELECT make_session(1, 2, 1, 8)');
$primary->backup('copy');
my $standby = bless PostgreSQL::Test::Cluster->new('behind'), 'TixNode';
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->ask('SELECT FROM tix_load_session(s(1))');
my $known = $primary->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1))");
$primary->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
$primary->wait_for_catchup($standby);

# From here the standby hears nothing.
$standby->ask("ALTER SYSTEM SET primary_conninfo = ''");
$standby->reload;
ok($primary->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_replication'),
    'the standby is cut off');
my $lagged = $primary->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-2,B-1-2}', u(2))");
$primary->ask("SELECT FROM tix_lock_seats(s(1), '{B-1-3}', u(1), into_lock_id => $known)");
$primary->ask("SELECT FROM tix_extend_lock($known, u(1), '25 min')");
$primary->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'B-1-8')");

# The old primary goes on meanwhile: two servers that both believe they are the one.
$standby->promote;
$standby->ask('SELECT FROM tix_load_session(s(1))');
is($standby->ask("SELECT string_agg(seat_id || ' ' || state, ', ' ORDER BY ordinal)"
          . " FROM tix_seats(s(1)) WHERE state <> 'free'"),
    'A-1-1 held, A-1-8 sold, B-1-1 held', 'it has what it knew, whole, and no ghost');
is($standby->ask("SELECT seats FROM tix_lock_get($known, u(1))"), '{A-1-1,B-1-1}',
    'the hold it knew is as it knew it');
my $new = $standby->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-2,B-1-2}', u(3))");
cmp_ok($new, '>', $lagged, 'its tokens are greater than those it never heard of');
$standby->sound('after promotion', 1);

# Tokens that the old primary gave since are nobody's here, and the other way round; it has started
# more often meanwhile than its standby knew.
$primary->restart for 1 .. 3;
$primary->ask('SELECT FROM tix_load_session(s(1))');
my $late = $primary->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-5', u(2))");
cmp_ok($new, '>', $late, 'and than those that the old primary gives afterwards');
for my $stranger ([ $standby, $late, 2 ], [ $standby, $lagged, 2 ], [ $primary, $new, 3 ])
{
    my ($node, $token, $user) = @$stranger;
    my $who = $node->name;
    is($node->ask("SELECT ok, reason FROM tix_lock_get($token, u($user))"), 'f|expired',
        "$who does not know a token of the other");
    is($node->ask("SELECT ok FROM tix_extend_lock($token, u($user))"), 'f', '  cannot extend it');
    is($node->ask("SELECT count(*) FROM tix_release_seats($token, u($user))"), 0, '  nor release');
    is(($node->failure("SELECT tix_confirm_seats($token, u($user))"))[0], 'TX002', '  nor confirm');
    is(($node->failure("SELECT tix_hand_over($token, u($user), u(99), '1 min')"))[0], 'TX002',
        '  nor hand it over');
}

# The old primary comes back as a standby of the new one and is then promoted itself.
$primary->stop;
$standby->ask('ALTER SYSTEM RESET primary_conninfo');
$standby->backup('back');
my $again = bless PostgreSQL::Test::Cluster->new('again'), 'TixNode';
$again->init_from_backup($standby, 'back', has_streaming => 1);
$again->start;
$standby->wait_for_catchup($again);
$standby->stop;
$again->promote;
is($again->ask("SELECT g.ok FROM tix_load_session(s(1)), tix_lock_get($new, u(3)) g"), 't',
    'back again, it has the hold of the other');
cmp_ok($again->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-6', u(1))"), '>', $new,
    'and its tokens are greater again');
$again->sound('in the end', 1);
$again->stop;
done_testing();
