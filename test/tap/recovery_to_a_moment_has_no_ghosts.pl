# Restored to a moment during a sale: the holds of that moment, none of later, tokens beyond all.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('original', "archive_mode = on\narchive_timeout = 0");
my $archive = $node->archive_dir;
$node->append_conf('postgresql.conf', qq(archive_command = 'cp "%p" "$archive/%f"'));
$node->restart;
$node->furnish;
$node->ask('SELECT make_session(1, 2, 1, 8)');
my $early = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-1,B-1-1}', u(1), '20 min')");
$node->backup('sale');
my $kept = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-2,B-1-2}', u(2), '20 min')");
my $short = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-4,B-1-4}', u(4), '1 s')");
my $open = $node->session;
$open->query_safe("BEGIN; SELECT FROM tix_lock_seats(s(1), '{A-1-5,B-1-5}', u(5), '20 min')");
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'A-1-8')");
$node->ask("SELECT pg_create_restore_point('during the sale')");

# What comes after the moment must not be known.
$open->query_safe('COMMIT');
$open->quit;
$node->ask("SELECT FROM tix_release_seats($kept, u(2), '{A-1-2}')");
$node->ask("INSERT INTO tickets (session_id, seat_id) SELECT s(1), seat"
      . " FROM tix_confirm_seats($early, u(1)) seat");
$node->ask("SELECT FROM tix_hand_over($kept, u(2), u(99), '10 hours')");
my $last = $node->ask("SELECT lock_id FROM tix_lock_seats(s(1), '{A-1-6,B-1-6}', u(6), '20 min')");
$node->ask("DELETE FROM tickets WHERE seat_id = 'A-1-8'");
$node->ask('SELECT pg_switch_wal()');
$node->poll_query_until('postgres',
    'SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) FROM pg_stat_archiver');
$node->stop;

my $copy = bless PostgreSQL::Test::Cluster->new('restored'), 'TixNode';
$copy->init_from_backup($node, 'sale', has_restoring => 1, standby => 0);
$copy->append_conf('postgresql.conf', "recovery_target_name = 'during the sale'\n"
      . "recovery_target_action = promote\narchive_mode = off");
$copy->start;
ok($copy->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()'), 'the copy is restored');
$copy->ask('SELECT pg_sleep(1), tix_load_session(s(1))');
is($copy->ask("SELECT string_agg(seat_id || ' ' || state, ', ' ORDER BY ordinal)"
          . " FROM tix_seats(s(1)) WHERE state <> 'free'"),
    'A-1-1 held, A-1-2 held, A-1-8 sold, B-1-1 held, B-1-2 held',
    'the seats are those of the moment, without what was overdue or uncommitted');
is($copy->ask("SELECT seats, expires_at < clock_timestamp() + interval '21 min'"
          . " FROM tix_lock_get($kept, u(2))"), '{A-1-2,B-1-2}|t', 'a hold is as it was then');
is($copy->ask("SELECT ok FROM tix_lock_get($_, u(6))"), 'f', 'a later token is unknown')
  for $short, $last;
cmp_ok($copy->ask("SELECT lock_id FROM tix_lock_seat(s(1), 'A-1-6', u(7))"), '>', $last,
    'tokens are greater than those that were never given here');
is($copy->ask("WITH c AS (SELECT tix_confirm_seats($kept, u(2)) AS seat) INSERT INTO tickets"
          . ' (session_id, seat_id) SELECT s(1), seat FROM c RETURNING seat_id'),
    "A-1-2\nB-1-2", 'who held a seat can still buy it');
$copy->sound('in the copy', 1);
$copy->stop;
done_testing();
