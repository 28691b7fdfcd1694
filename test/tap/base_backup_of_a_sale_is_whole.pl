# A base backup taken while seats are sold starts as a server on which every law holds.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(usleep);
use TixNode;
use TixSale;

my $node = TixNode->fresh('busy');
$node->furnish;
$node->ask('SELECT make_session(1, 3, 4, 400)');
my %before;
TixSale::told(\%before, $node->end_script($node->start_script(TixSale::script(4, 12))));
my @clients = map { $node->start_script(TixSale::script($_, 400)) } 1 .. 3;
usleep(200_000);
$node->backup('hot');
my %all = %before;
my $copy = bless PostgreSQL::Test::Cluster->new('copied'), 'TixNode';
$copy->init_from_backup($node, 'hot');
unlink $copy->data_dir . '/standby.signal';
$copy->start;
kill 'TERM', $_->{pid} for @clients;
TixSale::told(\%all, $node->end_script($_)) for @clients;
cmp_ok(scalar keys %all, '>', 24, keys(%all) . ' locks were given meanwhile');
$copy->ask('SELECT FROM tix_load_session(s(1))');
is(join(' ', TixSale::lost($copy, \%before)), '', 'all of before the backup is in it');
is(join(' ', TixSale::half($copy, \%all)), '', 'nothing of during it is there by half');
is($copy->ask('SELECT count(*) - count(DISTINCT seat_id) FROM tickets'), 0,
    'no seat is sold twice');
$copy->sound('in the copy', 1);
$copy->stop;
$node->stop;
done_testing();
