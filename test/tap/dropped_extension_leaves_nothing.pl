# DROP EXTENSION leaves nothing in memory: made again without a restart, every seat is free, tokens
# are greater than before; rolled back, nothing has happened.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('reinstall', 'max_prepared_transactions = 2');
my $free = sub { $node->ask("SELECT bytes FROM tix_memory WHERE part = 'free'") };
$node->furnish;
my $empty = $free->();
$node->ask("SELECT FROM make_session($_, 1, 2, 8)") for 1, 2;
my $old = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,A-1-2}', u(1))");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-3')");

for my $undone ('BEGIN; DROP SCHEMA tix CASCADE; ROLLBACK',
    'BEGIN; SAVEPOINT a; DROP SCHEMA tix CASCADE; ROLLBACK TO a; COMMIT')
{
    $node->ask($undone);
    is($node->ask("SELECT ok FROM tix_lock_get($old, u(1))"), 't', "no harm by $undone");
}

is(($node->failure("BEGIN; DROP SCHEMA tix CASCADE; PREPARE TRANSACTION 'later'"))[0],
    '0A000', 'a drop cannot be prepared: nobody would be there to forget');

# A reader still lists one of the sessions: it is forgotten as soon as that transaction ends.
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN');
$reader->query_safe("SELECT tix_lock_get($old, u(1))");
$node->ask('DROP SCHEMA tix CASCADE');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 1, 1, 4)');
is( $node->ask(
        "SET tix.load_wait = '100 ms'; SELECT reason FROM tix_lock_seat(s(1), 'A-1-1', u(2))"),
    'rebuilding',
    'nothing is granted beside a transaction that lists the old session');
$reader->quit;
my ($ok, $new) = split /\|/,
  $node->ask("SELECT ok, lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(2))");
is($ok, 't', 'then the old hold is in nobody\'s way');
cmp_ok($new >> 47, '>', $old >> 47, 'and tokens are of a later generation');
is($node->ask("SELECT string_agg(seat_id || ' ' || state, ', ') FROM tix_seats(s(1))"),
    'A-1-1 held, A-1-2 free, A-1-3 free, A-1-4 free', 'the map is that of the new session');
is($node->ask("SELECT ok FROM tix_lock_get($old, u(1))"), 'f', 'the old token is worth nothing');
is($node->ask('SELECT count(*) FROM tix_stat_sessions'), 1, 'the other old session is forgotten');
$node->sound('after the new start', 1);
$node->ask("SELECT FROM tix_release_seats($new, u(2)); SELECT tix_unload_session(s(1))");
is($free->(), $empty, 'no memory is lost');
$node->stop;
done_testing();
