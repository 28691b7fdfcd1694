# When tix.max_sessions are in memory and each is needed, another is refused with TX013 that names
# the setting; as soon as one is idle it gives way.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('directory', 'tix.max_sessions = 2');
$node->furnish;
$node->ask("SELECT FROM make_session($_, 1, 1, 4)") for 1 .. 3;
$node->ask("SELECT FROM tix_lock_seat(s($_), 'A-1-1', u(1))") for 1, 2;
for my $call ('tix_load_session(s(3))', "tix_lock_seat(s(3), 'A-1-1', u(1))", 'tix_seats(s(3))')
{
    my ($code, $text) = $node->failure("SELECT $call");
    is($code, 'TX013', "$call is refused");
    like($text, qr/DETAIL:.*"setting":"tix.max_sessions","value":2/, 'the setting is named');
}
is($node->ask("SELECT ok FROM tix_lock_seat(s($_), 'A-1-2', u(1))"), 't', "session $_ goes on")
  for 1, 2;
$node->ask('SELECT FROM tix_stat_holds h, tix_release_seats(h.lock_id, u(1))'
      . ' WHERE session_id = s(1)');
is($node->ask("SELECT ok FROM tix_lock_seat(s(3), 'A-1-1', u(1))"), 't', 'an idle one gives way');
is($node->ask('SELECT count(*) FROM tix_stat_sessions'), 2, 'no more are there than may be');
$node->sound('at the end', 2, 3);
$node->stop;
done_testing();
