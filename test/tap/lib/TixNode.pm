# A private server with tix for one test: PostgreSQL::Test::Cluster, plus crashing it for certain.
package TixNode;
use strict;
use warnings;
use parent -norequire, 'PostgreSQL::Test::Cluster';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(usleep);

# A running server; the settings are lines of postgresql.conf on top of the usual ones.
sub fresh
{
    my ($class, $name, $settings) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    bless $node, $class;
    $node->init(allows_streaming => 1);
    $node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'tix'
restart_after_crash = on
log_statement = none
search_path = 'tix, public'
max_worker_processes = 16
tix.load_wait = '10 s'
tix.lock_ttl = '10 min'
CONF
    $node->append_conf('postgresql.conf', $settings) if defined $settings;
    $node->start;
    return $node;
}

# Creates the extension with the small schema of the regression tests.
sub furnish
{
    my ($node, $database) = @_;
    $database //= 'postgres';
    $node->command_ok(
        [
            'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $ENV{TIX_SEATS},
            $node->connstr($database)
        ],
        "the schema is made in $database");
    return;
}

# The answer to one query, rows joined by newlines; dies on an error.
sub ask
{
    my ($node, $sql, $database) = @_;
    return $node->safe_psql($database // 'postgres', $sql);
}

# The five characters of the SQLSTATE that a statement fails with, and the whole message.
sub failure
{
    my ($node, $sql, $database) = @_;
    my ($status, $out, $err) =
      $node->psql($database // 'postgres', "\\set VERBOSITY verbose\n$sql");
    my ($code) = $err =~ /ERROR:\s+(\w{5}):/;
    return ($code // "none: $out", $err);
}

# The living processes in the data directory: a zombie has no working directory to read.
sub processes
{
    my ($node) = @_;
    return grep { (readlink("/proc/$_/cwd") // '') eq $node->data_dir }
      map { m{(\d+)$} } glob('/proc/[0-9]*');
}

# Kills the postmaster alone and waits until everything of the server is gone. Its zombie may stay
# if nobody reaps it, and would look alive to the next start: so its lock files go as well.
sub crash
{
    my ($node) = @_;
    $node->kill9;
    for (1 .. 1000) { last unless $node->processes; usleep(10_000); }
    is(scalar(my @left = $node->processes), 0, 'no process outlives its postmaster');
    unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
    return;
}

# Waits until the server answers again after a crash of one of its processes.
sub await
{
    my ($node) = @_;
    for (1 .. 600)
    {
        return if system('pg_isready', '-q', '-h', $node->host, '-p', $node->port) == 0;
        usleep(100_000);
    }
    die 'the server did not recover';
}

# Nothing is wrong: the arena with itself, and with the tables.
sub sound
{
    my ($node, $when, @sessions) = @_;
    is($node->ask('SELECT * FROM tix_arena_audit()'), '', "the arena is sound $when");
    is($node->ask("SELECT * FROM tix_check(s($_))"), '', "session $_ agrees with its tables $when")
      for @sessions;
    return;
}

1;
