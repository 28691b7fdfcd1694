# A synchronous standby, promoted when the primary dies, has all that was acknowledged.
use strict;
use warnings;
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(usleep);
use TixNode;
use TixSale;

my $primary = TixNode->fresh('syncprimary');
$primary->furnish;
my $seats = 1500;
$primary->ask("SELECT make_session(1, 3, 5, $seats)");
$primary->ask('SELECT FROM tix_load_session(s(1))');
$primary->backup('copy');
my $standby = bless PostgreSQL::Test::Cluster->new('syncstandby'), 'TixNode';
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->ask("ALTER SYSTEM SET synchronous_standby_names = '*'");
$primary->reload;
ok($primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_replication"
          . " WHERE sync_state = 'sync'"), 'the standby is synchronous');

my @clients = map { $primary->start_script(TixSale::script($_, $seats)) } 1 .. 4;
usleep(700_000);
$primary->crash;
my %told;
TixSale::told(\%told, $primary->end_script($_)) for @clients;
my $locks = keys %told;
cmp_ok($locks, '>', 20, "$locks locks were acknowledged");
cmp_ok($locks, '<', 4 * $seats, 'and the primary died in the middle of the sale');
$standby->promote;
$standby->ask("ALTER SYSTEM SET synchronous_standby_names = ''");
$standby->reload;
$standby->ask('SELECT FROM tix_load_session(s(1))');
is(join(' ', TixSale::lost($standby, \%told)), '', 'each is as its client was told');
my $new = $standby->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-5-1', u(1))");
cmp_ok($new, '>', max(keys %told), 'tokens are greater than any before');
$standby->sound('after promotion', 1);
$standby->stop;
done_testing();
