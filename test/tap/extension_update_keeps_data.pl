# ALTER EXTENSION tix UPDATE from the first version keeps holds, sales, grants and what is dumped.
use strict;
use warnings;
use Test::More;
use TixInstall;
use TixNode;

my $install = TixInstall::copy();
my $node = TixNode->fresh('update', undef, install_path => $install);
$node->furnish;
$node->ask('CREATE ROLE seller; GRANT USAGE ON SCHEMA tix TO seller;'
      . ' GRANT EXECUTE ON FUNCTION tix_lock_seat TO seller');
$node->ask('SELECT make_session(1, 2, 1, 8)');
my $lock = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1), '20 min')");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
my $facts = "SELECT (SELECT count(*) FROM holds), (SELECT generation FROM generation),"
  . " (SELECT string_agg(seat_id || ' ' || state, ', ' ORDER BY ordinal) FROM tix_seats(s(1))"
  . " WHERE state <> 'free'), (SELECT seats FROM tix_lock_get($lock, u(1))),"
  . " has_function_privilege('seller', 'tix_lock_seat(uuid, text, uuid, interval)', 'EXECUTE'),"
  . " (SELECT array_agg(c::regclass ORDER BY 1) FROM pg_extension, unnest(extconfig) c"
  . " WHERE extname = 'tix')";
$node->ask('SELECT FROM tix_load_session(s(1))');
my ($before) = $node->ask($facts);

# The next version is installed and the server restarted: calls say what is to be done.
TixInstall::add_sql($install);
TixInstall::add_library($install, $ENV{TIX_NEXT_LIBRARY});
$node->restart;
for my $call ("SELECT tix_lock_seat(s(1), 'A-1-3', u(2))", 'SELECT tix_seat_map(s(1))',
    'SELECT * FROM tix_stat_sessions', "DELETE FROM tickets WHERE seat_id = 'A-1-8'")
{
    my ($code, $text) = $node->failure($call);
    is($code, '55000', "before the update: $call");
    like($text, qr/version 1\.0, its library of version 1\.1.*ALTER EXTENSION tix UPDATE/s,
        '  says what to do');
}
my $session = $node->session;
$session->query('SELECT tix_seat_map(s(1))');
$session->{stderr} = '';
$node->ask('ALTER EXTENSION tix UPDATE');
is($node->ask("SELECT extversion FROM pg_extension WHERE extname = 'tix'"), '1.1', 'updated');
isnt($session->query_safe('SELECT seq FROM tix_seat_map(s(1))'), '',
    'a connection that was refused is served without reconnecting');
$session->quit;
my $after = $node->ask($facts);
my ($old, $new) = map { [ split /\|/ ] } $before, $after;
cmp_ok(splice(@$new, 1, 1), '>', splice(@$old, 1, 1), 'the generation grows by the restart');
is_deeply($new, $old, 'nothing else has changed');
is($node->ask("WITH c AS (SELECT tix_of_next($lock, u(1)) AS seat) INSERT INTO tickets"
          . ' (session_id, seat_id) SELECT s(1), seat FROM c RETURNING seat_id'),
    "A-1-1\nB-1-1", 'a hold of before is sold through a function of after');
is($node->ask("SET ROLE seller; SELECT count(*) FROM tix.tix_lock_seat("
          . "'00000000-0000-4000-8000-000000000001', 'B-1-5', gen_random_uuid())"), 1,
    'who could lock can lock');
my ($dump) = PostgreSQL::Test::Utils::run_command([ 'pg_dump', $node->connstr('postgres') ]);
like($dump, qr/COPY tix\.holds .*COPY tix\.generation|COPY tix\.generation .*COPY tix\.holds/s,
    'the journal and the generation are dumped');
$node->sound('at the end', 1);

# Scripts of every version ever released name symbols that a dump of theirs needs.
my $share = TixInstall::share($install);
my %exported = map { (split)[2] => 1 } `nm -D --defined-only $install/lib/tix.so`;
for my $script (glob "$share/tix--*.sql")
{
    my $text = PostgreSQL::Test::Utils::slurp_file($script);
    my @missing;
    while ($text =~ /CREATE FUNCTION \S*?\.?(\w+)\([^;]*?AS 'MODULE_PATHNAME'(?:, '(\w+)')?/g)
    {
        my $symbol = $2 // $1;
        push @missing, $symbol if !$exported{$symbol} || !$exported{"pg_finfo_$symbol"};
    }
    my ($name) = $script =~ m{([^/]+)$};
    is("@missing", '', "the library exports all that $name calls");
}
$node->stop;
done_testing();
