# One bucket for all clients: together they get the burst and no more, and no key costs another.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('limits', 'tix.rate_limit_keys = 1024');
$node->furnish;
my $count = "SELECT count(*) FILTER (WHERE (tix_rate_limit('%s', %d, %d, '%s')).allowed)"
  . ' FROM generate_series(1, %d) n;';

my @clients;
for (1 .. 8)
{
    my $loop = join "\n", map { sprintf $count, 'shared', 1, 1000, '31 days', 10 } 1 .. 40;
    push @clients, $node->start_script($loop);
}
my $allowed = 0;
$allowed += $_ for map { $node->end_script($_) } @clients;
is($allowed, 1000, 'eight clients, 3200 calls: the burst');
is($node->ask("SELECT refused FROM tix_stat_rate_limits"), 2200, '  and all others are refused');

# A key that is refused stays refused, whoever invents keys; where there is no room they go free.
$node->ask("SELECT count(tix_rate_limit('key ' || n, 1, 2, '1 day'))"
      . ' FROM generate_series(1, 5000) n');
my ($in_use, $untracked) = split /\|/,
  $node->ask('SELECT in_use, untracked FROM tix_stat_rate_limits');
cmp_ok($in_use, '<=', 1024, 'no more keys than there is room for');
cmp_ok($in_use, '>', 900, '  and hardly less');
is($in_use + $untracked, 5001, '  the others are allowed, and counted');
is($node->ask("SELECT allowed FROM tix_rate_limit('shared', 1, 1000, '31 days')"), 'f',
    'who was refused is refused');

# Buckets that are full again make room.
$node->restart;
my $short = sprintf $count, "' || n || '", 1, 1, '200 ms', 5000;
is($node->ask($short), 5000, 'five thousand keys for an instant');
$node->ask('SELECT pg_sleep(0.21)');
is($node->ask('SELECT in_use FROM tix_stat_rate_limits'), 0, '  take no room after it');
is($node->ask(sprintf $count, 'later', 1, 3, '1 day', 9), 3, '  and others have it');

# Databases do not meet; nor does the bucket of before a crash.
$node->ask('CREATE DATABASE other');
$node->furnish('other');
is($node->ask(sprintf("SET search_path = tix; $count", 'later', 1, 3, '1 day', 9), 'other'),
    3, 'another database has buckets of its own');
$node->crash;
$node->start;
is($node->ask(sprintf $count, 'later', 1, 3, '1 day', 9), 3, 'after a crash a bucket is full');
is($node->ask('SELECT FROM tix_stat_reset(); SELECT allowed + refused + untracked'
          . ' FROM tix_stat_rate_limits'),
    0, 'counters go back to zero');
$node->stop;
done_testing();
