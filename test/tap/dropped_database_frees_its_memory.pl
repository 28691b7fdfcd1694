# DROP DATABASE gives back the memory and the slot of the database, also while holds are live; a
# drop that fails changes nothing.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('dropped');
$node->furnish;
my $free = sub { $node->ask("SELECT bytes FROM tix_memory WHERE part = 'free'") };
my $empty = $free->();
for my $round (1 .. 3)
{
    $node->ask('CREATE DATABASE hall');
    $node->furnish('hall');
    $node->ask('SELECT FROM make_session(1, 1, 4, 50)', 'hall');
    $node->ask("SELECT FROM tix_load_session(s(1))", 'hall');
    my $lock = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(1))", 'hall');
    cmp_ok($free->(), '<', $empty, "round $round: the session takes memory");
    my $guest = $node->background_psql('hall');
    $guest->query_safe('SELECT 1');
    like(($node->failure('DROP DATABASE hall'))[1], qr/being accessed/, 'a guest keeps it');
    is($node->ask("SELECT ok FROM tix_lock_get($lock, u(1))", 'hall'), 't', 'with its hold');
    $guest->quit;
    $node->ask('DROP DATABASE hall WITH (FORCE)');
    is($free->(), $empty, 'dropped, it gives all of it back');
}
$node->stop;
done_testing();
