# pg_dump into a new cluster: live holds and sales come along, and tokens go on growing.
use strict;
use warnings;
use Test::More;
use TixNode;

my $old = TixNode->fresh('dumped');
$old->furnish;
$old->ask('SELECT make_session(1, 2, 1, 8)');
my $lock = $old->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1), '20 min')");
$old->ask("SELECT FROM tix_lock_seats(s(1), '{A-1-2}', u(2), '1 s')");
my $gone = $old->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-3}', u(3), '20 min')");
$old->ask("SELECT FROM tix_release_seats($gone, u(3))");
$old->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
my $file = PostgreSQL::Test::Utils::tempdir() . '/sale.dump';
$old->command_ok([ 'pg_dump', '-Fc', '-f', $file, $old->connstr('postgres') ], 'it is dumped');

# Given after the dump, and so unknown to it; the new cluster must not give it again.
my $after = $old->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-5', u(5))");
$old->stop;

delete $ENV{TIX_TEMPLATE};
my $new = TixNode->fresh('restored');
$new->command_ok([ 'pg_restore', '--exit-on-error', '-d', $new->connstr('postgres'), $file ],
    'and restored');
$new->ask('SELECT pg_sleep(1), tix.tix_load_session(tix.s(1))');
is($new->ask("SELECT string_agg(seat_id || ' ' || state, ', ' ORDER BY ordinal)"
          . " FROM tix_seats(s(1)) WHERE state <> 'free'"),
    'A-1-1 held, A-1-8 sold, B-1-1 held', 'what was held is held, what was sold is sold');
is($new->ask("SELECT seats FROM tix_lock_get($lock, u(1))"), '{A-1-1,B-1-1}', 'by the same token');
is($new->ask("SELECT ok FROM tix_lock_get($gone, u(3))"), 'f', 'a released hold is not');
cmp_ok($new->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-5', u(7))"), '>', $after,
    'tokens are greater than any of the old cluster');
is(($new->failure("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-1')"))[0],
    'TX001', 'the tickets are guarded');
$new->sound('in the new cluster', 1);

is($new->ask('SELECT count(*) FROM tix.generation'), 1, 'there is one generation');
$new->restart;
is($new->ask("SELECT g.ok FROM tix_load_session(s(1)), tix_lock_get($lock, u(1)) g"), 't',
    'a restart later it is still there');
$new->stop;
done_testing();
