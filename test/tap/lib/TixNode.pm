# A private server with tix for one test: PostgreSQL::Test::Cluster, plus crashing it for certain.
package TixNode;
use strict;
use warnings;
use parent -norequire, 'PostgreSQL::Test::Cluster';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(usleep);

my $scripts = 0;

# A running server; the settings are lines of postgresql.conf on top of the usual ones, the options
# those of PostgreSQL::Test::Cluster->new.
sub fresh
{
    my ($class, $name, $settings, %options) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name, %options);
    bless $node, $class;
    $node->init(allows_streaming => 1);
    $node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'tix'
restart_after_crash = on
log_statement = none
jit = off
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

# As its parent's, but initdb runs once for all tests: they begin with copies of one cluster. Where
# that must have an identity of its own, the environment names no template.
sub init
{
    my ($node, @arguments) = @_;
    my $run = \&PostgreSQL::Test::Utils::system_or_bail;
    no warnings 'redefine';
    local *PostgreSQL::Test::Utils::system_or_bail = sub {
        return $run->(@_) if $_[0] ne 'initdb' || !$ENV{TIX_TEMPLATE};
        return $run->('cp', '-R', $ENV{TIX_TEMPLATE}, $node->data_dir);
    };
    return $node->SUPER::init(@arguments);
}

# A background session that survives errors; each of its queries has the usual time.
sub session
{
    my ($node, $database) = @_;
    my $session = $node->background_psql($database // 'postgres', on_error_stop => 0);
    $session->set_query_timer_restart;
    return $session;
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

# Runs a script of psql in the background; its output goes to a file.
sub start_script
{
    my ($node, $sql, @options) = @_;
    my $base = PostgreSQL::Test::Utils::tempdir() . '/script' . ++$scripts;
    PostgreSQL::Test::Utils::append_to_file("$base.sql", $sql);
    my $pid = fork() // die "cannot fork: $!";
    if ($pid == 0)
    {
        local %ENV = $node->_get_env;
        open STDOUT, '>', "$base.out" or die;
        open STDERR, '>&', \*STDOUT or die;
        exec 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', @options, '-f', "$base.sql",
          $node->connstr('postgres') or die;
    }
    return { pid => $pid, out => "$base.out" };
}

# Waits for the script's end; answers what it wrote, line by line.
sub end_script
{
    my ($node, $script) = @_;
    waitpid $script->{pid}, 0;
    return split /\n/, PostgreSQL::Test::Utils::slurp_file($script->{out});
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

# The expiry workers: they have no database, so pg_stat_activity does not show them.
sub expiry_workers
{
    my ($node) = @_;
    my @workers;
    for my $pid ($node->processes)
    {
        open my $title, '<', "/proc/$pid/cmdline" or next;
        push @workers, $pid if (readline($title) // '') =~ /: tix expiry/;
    }
    return @workers;
}

# Waits until processes of the server were killed that many times in all; answers how many were.
sub deaths
{
    my ($node, $awaited) = @_;
    my @deaths;
    for (0 .. 300)
    {
        @deaths = PostgreSQL::Test::Utils::slurp_file($node->logfile) =~ /terminated by signal 9/g;
        last if @deaths >= $awaited;
        usleep(10_000);
    }
    return scalar @deaths;
}

# Waits until the server answers again after a crash of one of its processes. A query that is
# turned away meanwhile may end the test: its psql is gone before it has read the query.
sub await
{
    my ($node) = @_;
    for (1 .. 6000)
    {
        return if system('pg_isready', '-q', '-h', $node->host, '-p', $node->port) == 0;
        usleep(10_000);
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
