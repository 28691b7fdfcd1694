# A base backup taken while seats are sold starts as a server on which every law holds.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(usleep);
use TixNode;
use TixSale;

my $node = TixNode->fresh('busy');
$node->furnish;
my $seats = 3000;
$node->ask("SELECT make_session(1, 3, 4, $seats)");
my %before;
TixSale::told(\%before, $node->end_script($node->start_script(TixSale::script(4, 12))));
my @clients = map { $node->start_script(TixSale::script($_, $seats)) } 1 .. 3;
usleep(200_000);
my $sold = $node->ask("SELECT count(*) FROM tickets WHERE seat_id ~ '^A-[123]-'");
$node->backup('hot');
$node->ask('SELECT pg_terminate_backend(pid) FROM pg_stat_activity'
      . " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
my %all = %before;
my $copy = bless PostgreSQL::Test::Cluster->new('copied'), 'TixNode';
$copy->init_from_backup($node, 'hot');
unlink $copy->data_dir . '/standby.signal';
$copy->start;
TixSale::told(\%all, $node->end_script($_)) for @clients;
my $locks = keys(%all) - keys %before;
cmp_ok($locks, '>', 12, "$locks locks were given meanwhile");
cmp_ok($sold, '<', 3 * int($seats / 4), 'and the sale was not over when the backup began');
$copy->ask('SELECT FROM tix_load_session(s(1))');
is(join(' ', TixSale::lost($copy, \%before)), '', 'all of before the backup is in it');
is(join(' ', TixSale::half($copy, \%all)), '', 'nothing of during it is there by half');
is($copy->ask('SELECT count(*) - count(DISTINCT seat_id) FROM tickets'), 0,
    'no seat is sold twice');
$copy->sound('in the copy', 1);
$copy->stop;
$node->stop;
done_testing();
