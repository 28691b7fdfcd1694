# SQL that was updated under a running server of the old library: a clear error, then a restart.
use strict;
use warnings;
use Test::More;
use TixInstall;
use TixNode;

my $install = TixInstall::copy();
my $node = TixNode->fresh('versions', undef, install_path => $install);
$node->furnish;
$node->ask('SELECT make_session(1, 1, 1, 8)');
$node->ask('CREATE DATABASE other');
$node->furnish('other');
$node->ask('SELECT make_session(1, 1, 1, 8)', 'other');
my $session = $node->session;
my $lock = $session->query_safe("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-1', u(1), '20 min')");
TixInstall::add_sql($install);
TixInstall::add_library($install, $ENV{TIX_NEXT_LIBRARY});

# The server still has the old library in memory, and a connection has used it.
$node->ask('ALTER EXTENSION tix UPDATE');
$session->query("\\set VERBOSITY verbose\nSELECT tix_lock_seat(s(1), 'A-1-2', u(2))");
like($session->{stderr}, qr/ERROR:\s+55000: extension tix is of version 1\.1, its library/,
    'a connection that had called before is told, too');
like($session->{stderr}, qr/HINT:.*restart the server/, '  with a hint');
$session->quit;
is(($node->failure("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-3')"))[0], '55000',
    'no ticket passes the guard');
is($node->ask("SELECT ok FROM tix_lock_seat(s(1), 'A-1-1', u(1))", 'other'), 't',
    'the other database, not updated, goes on');
$node->restart;
is($node->ask("SELECT g.ok FROM tix_load_session(s(1)), tix_lock_get($lock, u(1)) g"), 't',
    'restarted, the server has library and holds');
is(($node->failure("SELECT tix_lock_seat(s(1), 'A-1-1', u(1))", 'other'))[0], '55000',
    'now the other database is to be updated');
$node->ask('ALTER EXTENSION tix UPDATE', 'other');
is($node->ask("SELECT ok FROM tix_lock_seat(s(1), 'A-1-1', u(1))", 'other'), 't', 'and goes on');
$node->sound('at the end', 1);
$node->stop;
done_testing();
