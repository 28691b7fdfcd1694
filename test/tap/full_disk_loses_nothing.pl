# No room for data is an error that undoes the hold; no room for WAL or a failing fsync stops the
# server, and then everything acknowledged is there.
use strict;
use warnings;
use Test::More;
use TixFaults;

my $node = TixFaults->fresh('disk', "fsync = on\nwal_recycle = off\nmin_wal_size = '32MB'");
$node->furnish;
$node->ask('SELECT make_session(1, 2, 10, 100)');
$node->ask('SELECT FROM tix_load_session(s(1))');
$node->ask('CHECKPOINT');
my %held;
my %stops = (
    full_wal     => qr/PANIC:  could not write.*No space left/,
    broken_fsync => qr/PANIC:  could not f(?:data)?sync/,
);

# Locks one seat after another until that fails or they are all held; answers what it failed with.
sub lock_on
{
    my ($area, $row) = @_;
    my @seats = map { "$area-$row-$_" } 1 .. 100;
    my ($status, $out, $err) = $node->psql('postgres', join("\n", '\set VERBOSITY verbose',
            map { "SELECT lock_id FROM tix_lock_seat(s(1), '$_', u(1), '20 min');" } @seats),
        on_error_stop => 1);
    $held{$_} = shift @seats for split /\n/, $out;
    return ($seats[0], $err) if $status != 0;
    return ('', '');
}

sub all_held
{
    my ($when) = @_;
    is($node->ask("SELECT count(*) FROM unnest('{" . join(',', keys %held) . "}'::bigint[]) l,"
              . ' tix_lock_get(l, u(1)) g WHERE g.ok'),
        scalar keys %held, "$when all " . keys(%held) . ' holds are there');
    is($node->ask("SELECT count(*) FROM tix_seats(s(1)) WHERE state = 'held'"), scalar keys %held,
        '  and nothing else is');
    $node->sound($when, 1);
    return;
}

lock_on('A', 1);
TixFaults::set(full_data => 1);
my ($seat, $error) = lock_on('A', 2);
like($error, qr/ERROR:  53100: could not extend file/, 'no room for data is told as such');
is($node->ask("SELECT state FROM tix_seat_status(s(1), '$seat')"), 'free',
    'the seat is free again');
is($node->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-1-1', u(2))"), 'held',
    'who loses is told as ever');
all_held('with no room for data');
TixFaults::set();
is((lock_on('A', 3))[1], '', 'with room again it goes on');
all_held('with room again');

# A new segment of WAL finds no room: PostgreSQL stops at once, and comes back when there is some.
for my $fault (reverse sort keys %stops)
{
    TixFaults::set($fault => 1);
    for my $try (1 .. 3)
    {
        ($seat, $error) = lock_on($fault eq 'full_wal' ? 'A' : 'B', 3 + $try);
        last if $error;
        $node->psql('postgres', 'SELECT pg_switch_wal()');
    }
    TixFaults::set();
    like(PostgreSQL::Test::Utils::slurp_file($node->logfile), $stops{$fault},
        "$fault stops the server");
    if (system('pg_isready', '-q', '-t', '5', '-h', $node->host, '-p', $node->port) != 0)
    {
        for (1 .. 100) { last unless $node->processes; select undef, undef, undef, 0.05; }
        if (!$node->processes)
        {
            unlink $node->data_dir . '/postmaster.pid';
            $node->{_pid} = undef;
            $node->start;
        }
    }
    $node->await;
    $node->ask('SELECT FROM tix_load_session(s(1))');
    # The one that was under way may have been written before the server stopped.
    my $last = $node->ask("SELECT g.lock_id FROM holds h, tix_lock_get(h.lock_id, u(1)) g"
          . " WHERE g.ok AND '$seat' = ANY (g.seats)");
    $held{$last} = $seat if $last;
    all_held("after $fault");
}
$node->stop;
done_testing();
