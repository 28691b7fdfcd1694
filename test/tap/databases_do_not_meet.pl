# Two databases with the same session, seats and users share the arena and nothing else.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('databases');
$node->ask("CREATE DATABASE $_") for qw(one two);
my %lock;
for my $database (qw(one two))
{
    $node->furnish($database);
    $node->ask('SELECT FROM make_session(1, 1, 1, 8)', $database);
    $node->ask('SELECT FROM tix_load_session(s(1))', $database);
    is($node->ask('SELECT count(*) FROM tix_seat_map(s(1)) m, tix_changes(m.seq)', $database),
        0, "$database begins with no changes");
}
my $seq = $node->ask('SELECT seq FROM tix_seat_map(s(1))', 'two');
$lock{one} = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(1))", 'one');
is($node->ask("SELECT count(*) FROM tix_changes($seq)", 'two'), 0,
    'no news of another database');
is($node->ask("SELECT state FROM tix_seat_status(s(1), 'A-1-1')", 'two'), 'free',
    'the twin is free');
$lock{two} = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(1))", 'two');
cmp_ok($lock{two}, '!=', $lock{one}, 'tokens differ');
is($node->ask("SELECT ok FROM tix_lock_get($lock{one}, u(1))", 'two'), 'f',
    'a token ends at its border');
is($node->ask("SELECT ok FROM tix_extend_lock($lock{one}, u(1))", 'two'), 'f',
    'not to be extended');
is($node->ask("SELECT count(*) FROM tix_release_seats($lock{one}, u(1))", 'two'), 0,
    'nor released');
is(($node->failure("SELECT tix_confirm_seats($lock{one}, u(1))", 'two'))[0], 'TX002',
    'nor confirmed');
is($node->ask("SELECT ok
        FROM tix_lock_seats(s(1), '{A-1-2}', u(1), into_lock_id => $lock{one})", 'two'),
    'f', 'nor added to');
is($node->ask('SELECT count(*) FROM tix_stat_holds', 'one'), 1,
    'views show their own database');
is($node->ask("SELECT count(*) FROM tix_memory WHERE session_id IS NOT NULL", 'one'),
    2, 'memory too');
is($node->ask("SELECT ok FROM tix_lock_get($lock{one}, u(1))", 'one'), 't',
    'and it was not harmed');
$node->ask('DROP DATABASE two');
is($node->ask("SELECT ok FROM tix_lock_get($lock{one}, u(1))", 'one'), 't',
    'nor by the end of the other');
is($node->ask('SELECT * FROM tix_check(s(1))', 'one'), '', 'the check agrees');
$node->stop;
done_testing();
