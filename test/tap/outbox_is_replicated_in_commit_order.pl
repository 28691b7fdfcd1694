# Events of the outbox reach a logical replication slot and a subscriber once, in the order of their
# commits, through partitions and a crash; what was rolled back never does.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use Test::More;
use TixNode;

my $node = TixNode->fresh('publisher', "wal_level = logical\nmax_wal_senders = 4\n");
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
local $ENV{PGDATABASE} = 'postgres';
PostgreSQL::Test::Utils::system_or_bail("$ENV{TIX_SQL}/migrate");
$node->ask("SELECT FROM pg_create_logical_replication_slot('reader', 'test_decoding')");
$node->ask("SELECT FROM pg_create_logical_replication_slot('output', 'pgoutput')");

sub insert
{
    my ($type, $at) = @_;
    return 'INSERT INTO tix.events_outbox'
      . ' (aggregate_type, aggregate_id, type, payload, occurred_at)'
      . " VALUES ('order', '00000000-0000-0000-0000-000000000001', '$type', '{}', "
      . ($at // 'now()') . ');';
}

# The types of the events that a slot has decoded, in its order.
sub decoded
{
    my $rows = $node->ask("SELECT data FROM pg_logical_slot_get_changes('reader', NULL, NULL)"
          . " WHERE data LIKE '%events_outbox%'");
    return join ' ', $rows =~ /\btype\[text\]:'([^']*)'/g;
}

# The early one commits last: it comes last, whatever its number.
my $early = $node->session;
$early->query_safe('BEGIN');
$early->query_safe(insert('a.begun_first'));
$node->ask(insert('b.committed_first') . insert('b.and_second'));
$node->ask('BEGIN;' . insert('x.undone') . 'ROLLBACK');
$node->ask('BEGIN;' . insert('c.kept')
      . 'SAVEPOINT s;' . insert('x.undone') . 'ROLLBACK TO s; COMMIT');
$early->query_safe('COMMIT');
$early->quit;
is(decoded(), 'b.committed_first b.and_second c.kept a.begun_first',
    'events are decoded in the order of their commits');

# A day without a partition, and a crash.
$node->ask(insert('d.far', "now() + interval '99 days'"));
$node->ask('CHECKPOINT');  # a slot that was not written down would repeat itself
$node->crash;
$node->start;
$node->ask(insert('e.after_the_crash'));
is(decoded(), 'd.far e.after_the_crash', 'none is lost in a crash, none comes twice');

# pgoutput speaks of the one published table, whatever the partition.
my $count = $node->ask("SELECT count(*) FROM pg_logical_slot_peek_binary_changes('output', NULL,"
      . " NULL, 'proto_version', '1', 'publication_names', 'tix_outbox')"
      . " WHERE get_byte(data, 0) = ascii('I')");
is($count, 6, 'the publication has each insert');
is( $node->ask("SELECT bool_and(encode(substr(data, 2, 4), 'hex') = lpad(to_hex("
          . "'tix.events_outbox'::regclass::int), 8, '0'))"
          . " FROM pg_logical_slot_peek_binary_changes('output', NULL, NULL, 'proto_version', '1',"
          . " 'publication_names', 'tix_outbox') WHERE get_byte(data, 0) = ascii('I')"),
    't', 'as one of the whole outbox');

# A subscriber with a plain table of its own.
my $other = TixNode->fresh('subscriber');
$other->safe_psql('postgres', 'CREATE SCHEMA tix; CREATE TABLE tix.events_outbox ('
      . ' arrived bigint GENERATED ALWAYS AS IDENTITY, event_id bigint, xid xid8,'
      . ' aggregate_type text, aggregate_id uuid, sequence int, type text, payload jsonb,'
      . ' occurred_at timestamptz)');
$other->safe_psql('postgres', "CREATE SUBSCRIPTION s CONNECTION 'host=$ENV{PGHOST}"
      . " port=$ENV{PGPORT} dbname=postgres' PUBLICATION tix_outbox WITH (copy_data = false)");
$node->wait_for_catchup('s');
$node->ask(insert('f.first'));
$node->ask(insert('g.second', "now() + interval '99 days'"));
$node->ask("SELECT FROM tix.tix_maintain_outbox(days_ahead => 9)");
$node->ask(insert('h.third', "now() + interval '9 days'"));
$node->ask('DELETE FROM tix.events_outbox');
$node->wait_for_catchup('s');
is( $other->safe_psql('postgres', "SELECT string_agg(type, ' ' ORDER BY arrived)"
          . ' FROM tix.events_outbox'),
    'f.first g.second h.third', 'a subscriber has them in order; retention takes none from it');
$other->safe_psql('postgres', 'DROP SUBSCRIPTION s');
$other->stop;
$node->ask("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
$node->stop;
done_testing();
