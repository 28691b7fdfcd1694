# Every acknowledged hold is still there after kill -9 of a backend or of the postmaster under load.
use strict;
use warnings;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(usleep);
use TixNode;

my $clients = 4;
my $cycles  = 6;
my $node    = TixNode->fresh('kill');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 4, 240, 100)');
$node->ask('SELECT FROM tix_load_session(s(1))');

# What the clients were told: lock -> [client, seats it must have, when last extended].
my %held;
my %released;
my $largest = 0;
my @next = (0) x $clients;

# One client's work: locks pairs of seats of its own area, extends some, releases and rolls back
# others; a line of output follows each acknowledgement.
sub script
{
    my ($client, $first) = @_;
    my $area = chr(ord('A') + $client);
    my $user = "u($client)";
    my $text = '';
    for my $i ($first .. $first + 1990)
    {
        my $row = int($i / 50) + 1;
        my $at  = 2 * ($i % 50) + 1;
        my ($one, $two) = map { "$area-$row-" . ($at + $_) } 0, 1;
        $text .= "BEGIN;\n" if $i % 7 == 6;
        $text .= "SELECT lock_id FROM tix_lock_seats(s(1), '{$one,$two}', $user, '5 min') \\gset\n";
        if ($i % 7 == 6) { $text .= "ROLLBACK;\n\\echo rolled :lock_id $i\n"; next; }
        $text .= "\\echo lock :lock_id $i $one,$two\n";
        $text .= "SELECT ok FROM tix_extend_lock(:lock_id, $user, '20 min') \\gset\n"
          . "\\echo extend :lock_id $i\n"
          if $i % 3 == 0;
        $text .= "SELECT count(*) FROM tix_release_seats(:lock_id, $user, '{$one}') \\gset\n"
          . "\\echo part :lock_id $i $two\n"
          if $i % 4 == 1;
        $text .= "SELECT count(*) FROM tix_release_seats(:lock_id, $user) \\gset\n"
          . "\\echo release :lock_id $i\n"
          if $i % 5 == 2;
    }
    return $text;
}

sub start_client
{
    my ($client) = @_;
    my $base = PostgreSQL::Test::Utils::tempdir() . "/client$client";
    PostgreSQL::Test::Utils::append_to_file("$base.sql", script($client, $next[$client]));
    my $pid = fork() // die "cannot fork: $!";
    if ($pid == 0)
    {
        open STDOUT, '>', "$base.out" or die;
        open STDERR, '>', "$base.err" or die;
        exec 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', "$base.sql", $node->connstr('postgres')
          or die;
    }
    return { pid => $pid, out => "$base.out", err => "$base.err", client => $client };
}

# Reads what a client was told. Its last lock is left out: the statement after the last answer may
# or may not have happened.
sub take_answers
{
    my ($job) = @_;
    my $client = $job->{client};
    my ($last, $answers) = (undef, 0);
    for my $line (split /\n/, PostgreSQL::Test::Utils::slurp_file($job->{out}))
    {
        my ($what, $lock, $i, $seats) = split / /, $line;
        next unless defined $i && $lock =~ /^\d+$/;
        $answers++;
        $next[$client] = $i + 2;
        $last = $lock;
        die "token $lock is not above the $largest of an earlier life" if $lock <= $job->{above};
        $held{$lock} = { user => $client, seats => $seats, extended => 0 } if $what eq 'lock';
        $held{$lock}{extended} = 1 if $what eq 'extend';
        $held{$lock}{seats} = $seats if $what eq 'part';
        if ($what eq 'release') { delete $held{$lock}; $released{$lock} = $client; }
    }
    delete $held{$last} if defined $last;
    return $answers;
}

sub lost_holds
{
    my $rows = join ',', map { "($_, u($held{$_}{user}), '{$held{$_}{seats}}'::text[],"
          . ($held{$_}{extended} ? 'true' : 'false') . ')' } sort keys %held;
    my $file = PostgreSQL::Test::Utils::tempdir() . '/check.sql';
    PostgreSQL::Test::Utils::append_to_file($file, <<"SQL");
SELECT count(*) FROM (VALUES $rows) v (lock, who, seats, extended), tix_lock_get(lock, who) g
WHERE (g.ok AND g.seats \@> v.seats AND g.seats <\@ v.seats
    AND (NOT extended OR g.expires_at > clock_timestamp() + interval '10 min')) IS NOT TRUE;
SQL
    my ($out) = PostgreSQL::Test::Utils::run_command(
        [ 'psql', '-XAtq', '-f', $file, $node->connstr('postgres') ]);
    return $out;
}

sub returned_holds
{
    return 0 unless %released;
    my $rows = join ',', map { "($_, u($released{$_}))" } keys %released;
    return $node->ask(
        "SELECT count(*) FROM (VALUES $rows) v (lock, who), tix_lock_get(lock, who) g WHERE g.ok");
}

for my $cycle (1 .. $cycles)
{
    my @jobs = map { start_client($_) } 0 .. $clients - 1;
    $_->{above} = $largest for @jobs;
    usleep(300_000 + int rand 400_000);
    my $postmaster = $cycle % 2 == 0;
    if ($postmaster)
    {
        $node->crash;
    }
    else
    {
        my $victim = $node->ask("SELECT pid FROM pg_stat_activity WHERE backend_type ="
              . " 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");
        kill 9, $victim if $victim;
    }
    waitpid $_->{pid}, 0 for @jobs;
    note(PostgreSQL::Test::Utils::slurp_file($_->{err})) for @jobs;
    my $answers = 0;
    $answers += take_answers($_) for @jobs;
    cmp_ok($answers, '>', 20, "cycle $cycle: clients were served ($answers answers)");
    $node->start if $postmaster;
    $node->await;
    my $whose = $postmaster ? 'the postmaster' : 'a backend';
    is(lost_holds(), 0, "cycle $cycle: kill -9 of $whose lost none of " . keys(%held) . ' holds');
    is(returned_holds(), 0, "cycle $cycle: no released hold came back");
    $node->sound("after cycle $cycle", 1);
    $largest = $node->ask('SELECT max(lock_id) FROM holds');
}
$node->stop('immediate');
done_testing();
