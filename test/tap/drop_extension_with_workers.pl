# DROP EXTENSION ends in five seconds with workers, a loader and readers alive; tix can come again.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TixPoints;

my $node = TixPoints->fresh('uninstall', "tix.expiry_workers = 4\ntix.expiry_naptime = '10 ms'");
$node->furnish;
$node->ask('SELECT make_session(1, 1, 2, 20), make_session(2, 1, 1, 4)');
my @workers = sort $node->expiry_workers;
my $old = $node->ask("SELECT lock_id FROM tix_lock_best(s(1), 8, u(1), ttl => '1 s')");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-2-9')");
like(($node->failure('DROP EXTENSION tix'))[1], qr/trigger guard on table tickets depends/,
    'while tickets are guarded it stays');

# A reader waits for changes, and a loader is on its way.
my $reader = $node->start_script('SELECT FROM tix_seat_map(s(1)) m,'
      . ' LATERAL tix_changes(m.seq, s(2), 9, 3000)');
$node->set('loader_waiting', 'wait');
my $client =
  $node->start_script("SET tix.load_timeout = '2 s'; SELECT FROM tix_load_session(s(2))");
$node->arrival('loader_waiting');
my $let_go = $node->start_script("SELECT pg_sleep(0.5), tix_point_set('loader_waiting', 'none')");
my $start = time;
$node->ask('DROP TRIGGER guard ON tickets; DROP TRIGGER guard_truncate ON tickets;'
      . ' DROP EXTENSION tix');
cmp_ok(time - $start, '<', 5, 'it is dropped in time');
$node->end_script($_) for $client, $reader, $let_go;
is_deeply([ sort $node->expiry_workers ], \@workers, 'the workers are the same as before');
is($node->ask("SELECT count(*) FROM pg_proc WHERE probin = '\$libdir/tix'"
          . " AND proname NOT LIKE 'tix\\_point%'"), 0, 'nothing of it is left');

# Installed again, in the same server.
$node->ask('CREATE EXTENSION tix SCHEMA tix; CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE'
      . ' ON tickets FOR EACH ROW EXECUTE FUNCTION tix_ticket_guard();'
      . ' ALTER TABLE tickets ENABLE ALWAYS TRIGGER guard');
my $new = $node->ask("SELECT lock_id FROM tix_lock_seat(s(2), 'A-1-1', u(1))");
cmp_ok($new, '>', $old, 'it sells again, with greater tokens');
is($node->ask("SELECT reason FROM tix_lock_seat(s(1), 'A-2-9', u(1))"), 'sold',
    'and knows what was sold');
$node->sound('at the end', 2);
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/PANIC|terminated by signal/,
    'nothing crashed');
$node->stop;
done_testing();
