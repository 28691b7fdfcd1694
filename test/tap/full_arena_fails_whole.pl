# A session that does not fit is refused whole with TX013, sales elsewhere go on, idle sessions make
# room, sessions with holds or an organiser's pin never do.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('full',
    "tix.memory = '8MB'\ntix.change_ring_size = 1024\ntix.max_sessions = 16");
$node->furnish;
$node->ask("SELECT FROM make_session($_, 1, 100, 100)") for 1 .. 12;
$node->ask('SELECT FROM make_session(20, 1, 1000, 100)');

my ($code, $text) = $node->failure('SELECT tix_load_session(s(20))');
is($code, 'TX013', 'a session larger than the arena is refused');
like($text, qr/DETAIL:.*"bytesNeeded":\d+,"seats":100000/, 'with the bytes it needs');
like($text, qr/HINT:.*tix\.memory/, 'and a hint');
is(($node->failure("SELECT tix_lock_seat(s(20), 'A-1-1', u(1))"))[0], 'TX013',
    'so is a lock call');

# Fill it with pinned sessions.
my $loaded = 0;
for my $n (1 .. 12)
{
    ($code) = $node->failure("SELECT tix_load_session(s($n))");
    last if $code eq 'TX013';
    $loaded++;
}
cmp_ok($loaded, '>=', 2, "$loaded sessions fit");
cmp_ok($loaded, '<', 12, 'then no more');
my $next = $loaded + 1;
is($node->ask("SELECT ok FROM tix_lock_best(s($_), 5, u(1))"), 't', "session $_ goes on selling")
  for 1 .. $loaded;
is($node->ask("SELECT count(*) FROM tix_seats(s(1)) WHERE state = 'held'"), 5,
    'and is as it was');
is($node->ask('SELECT tix_unload_session(s(1))'), 'f',
    'a session with holds cannot be unloaded');
is($node->ask('SELECT tix_unload_session(s(2))'), 'f', 'nor another') if $loaded > 1;
$node->ask("SELECT FROM tix_stat_holds h, tix_release_seats(h.lock_id, u(1))"
      . " WHERE session_id = s(2)");
is($node->ask('SELECT tix_unload_session(s(2))'), 't', 'an idle one can');
sleep 1;
is($node->ask("SELECT ok FROM tix_lock_seat(s($next), 'A-1-1', u(1))"), 't',
    'which makes room');
is($node->ask("SELECT count(*) FROM tix_memory WHERE part = 'session block'"),
    $loaded, 'memory is as full as before');

# The new one is not pinned: once idle it gives way to the next, and comes back with its tickets.
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s($next), 'A-1-2')");
$node->ask("SELECT FROM tix_stat_holds h, tix_release_seats(h.lock_id, u(1))"
      . " WHERE session_id = s($next)");
is($node->ask("SELECT ok FROM tix_lock_seat(s(2), 'A-1-7', u(1))"), 't',
    'an idle session gives way');
is($node->ask("SELECT count(*) FROM tix_stat_areas WHERE session_id = s($next)"), 0,
    'and is gone');
$node->ask("SELECT FROM tix_stat_holds h, tix_release_seats(h.lock_id, u(1))"
      . " WHERE session_id = s(2)");
is($node->ask("SELECT reason FROM tix_lock_seat(s($next), 'A-1-2', u(1))"), 'sold',
    'loaded again it knows its tickets');
is($node->ask("SELECT count(*) FROM tix_stat_holds"), $loaded - 1, 'no hold was lost');
$node->sound('at the end', 1, $next);
$node->stop;
done_testing();
