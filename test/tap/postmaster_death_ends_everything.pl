# When the postmaster is killed everything of it ends, wherever it was; then all holds are back.
use strict;
use warnings;
use Test::More;
use TixPoints;

my $node = TixPoints->fresh('orphans', "tix.expiry_workers = 4\ntix.expiry_naptime = '10 ms'");
$node->furnish;
$node->ask('SELECT make_session(1, 2, 1, 8), make_session(2, 1, 1, 8)');
$node->ask("SELECT FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1))");

# Who stands where, with what held, when the postmaster dies.
my %stand = (
    directory_held       => "SELECT tix_lock_seat(s(1), 'A-1-2', u(2))",
    arena_changed        => "SELECT tix_lock_seat(s(1), 'A-1-2', u(2))",
    journal_row_inserted => "SELECT tix_lock_seat(s(1), 'A-1-2', u(2))",
    commit_recorded      => "SELECT tix_lock_seat(s(1), 'A-1-2', u(2))",
    changes_waiting      => 'SELECT FROM tix_seat_map(s(1)) m, tix_changes(m.seq, NULL, 9, 60000)',
    loader_locked        => 'SELECT tix_load_session(s(2))',
    loader_reserved      => 'SELECT tix_load_session(s(2))',
    evicting             => 'SELECT tix_unload_session(s(1))',
);
for my $point (sort keys %stand)
{
    $node->ask('SELECT FROM tix_load_session(s(1))');
    my $unload = $node->session;
    $unload->query('SELECT tix_unload_session(s(2))');
    $unload->quit;
    $node->set($point, 'wait');
    my $client = $node->start_script($stand{$point});
    $node->arrival($point);
    $node->crash;
    my ($told) = $node->end_script($client);
    $node->start;
    is($node->ask("SELECT g.seats FROM tix_load_session(s(1)), tix_lock_get((SELECT min(lock_id)"
              . " FROM holds), u(1)) g"), '{A-1-1,B-1-1}', "$point: the hold is back");
    # A process ends when it has nothing more to do: what was under way may have been committed.
    my $state = $node->ask("SELECT state FROM tix_seat_status(s(1), 'A-1-2')");
    ok($state eq 'held' || ($told // '') !~ /^\(t,/, '  and what was acknowledged is there');
    $node->ask("SELECT FROM tix_release_seats((SELECT max(lock_id) FROM holds), u(2))");
    $node->sound("after $point", 1);
}
$node->stop;
done_testing();
