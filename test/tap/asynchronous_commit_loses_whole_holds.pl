# With synchronous_commit = off a crash may forget the last holds and sales, each whole or not.
use strict;
use warnings;
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(usleep);
use TixNode;
use TixSale;

# The WAL writer sleeps long, so that much is lost for certain.
my $node = TixNode->fresh('async', "wal_writer_delay = '10 s'\nwal_writer_flush_after = '1GB'");
$node->furnish;
$node->ask('SELECT make_session(1, 3, 4, 3000)');
$node->ask('SELECT FROM tix_load_session(s(1))');
my ($lost, $kept) = (0, 0);
for my $round (1 .. 3)
{
    my $safe =
      $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-4-$round', u(1), '20 min')");
    my $client =
      $node->start_script(TixSale::script($round, 3000, "SET synchronous_commit = off;\n"));
    usleep(300_000);
    $node->crash;
    my %told;
    TixSale::told(\%told, $node->end_script($client));
    $node->start;
    $node->ask('SELECT FROM tix_load_session(s(1))');
    is($node->ask("SELECT ok FROM tix_lock_get($safe, u(1))"), 't',
        "round $round: what was committed with synchronous_commit = on is there");
    is(join(' ', TixSale::half($node, \%told)), '', '  nothing is there by half');
    my @missing = TixSale::lost($node, \%told);
    $lost += @missing;
    $kept += keys(%told) - @missing;
    $node->sound("after round $round", 1);
    my $new = $node->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'B-4-$round', u(1))");
    cmp_ok($new, '>', max(keys %told), '  and no forgotten token is given again');
}
cmp_ok($lost, '>', 0, "$lost were forgotten, $kept were not");
$node->stop;
done_testing();
