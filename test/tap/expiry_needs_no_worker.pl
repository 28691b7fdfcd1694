# At its deadline a hold is over for everybody, although no expiry worker runs; not before.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('workerless', 'tix.expiry_workers = 0');
$node->furnish;
$node->ask('SELECT FROM make_session(1, 2, 1, 8)');
$node->ask('SELECT FROM tix_load_session(s(1))');
is(scalar(my @workers = $node->expiry_workers), 0, 'no worker runs');

# In one statement: held until its deadline, free after it, to the millisecond.
my $early = $node->ask(<<'SQL');
DO $$
DECLARE
    deadline timestamptz;
    got tix_lock_result;
    seen timestamptz;
BEGIN
    FOR i IN 1..10 LOOP
        SELECT expires_at INTO deadline FROM tix_lock_seat(s(1), 'A-1-1', u(i), '100 ms');
        COMMIT;
        LOOP
            seen := clock_timestamp();
            SELECT * INTO got FROM tix_lock_seat(s(1), 'A-1-1', u(99), '1 s');
            EXIT WHEN got.ok;
            IF seen > deadline + interval '20 ms' THEN
                RAISE EXCEPTION 'held % after its deadline', seen - deadline;
            END IF;
        END LOOP;
        IF clock_timestamp() < deadline - interval '6 ms' THEN
            RAISE EXCEPTION 'taken % before its deadline', deadline - clock_timestamp();
        END IF;
        PERFORM tix_release_seats(got.lock_id, u(99));
        COMMIT;
    END LOOP;
END $$;
SQL
is($early, '', 'ten deadlines are exact');

my $seq = $node->ask('SELECT seq FROM tix_seat_map(s(1))');
$node->ask("SELECT FROM tix_lock_seats(s(1), '{A-1-2,B-1-2}', u(1), '50 ms')");
$node->ask("SELECT FROM tix_lock_seats(s(1), '{A-1-3}', u(1), '50 ms')");
$node->ask('SELECT pg_sleep(0.06)');
is($node->ask("SELECT count(*) FROM tix_seats(s(1)) WHERE state <> 'free'"), 0,
    'lists say free');
is($node->ask("SELECT encode(states, 'hex') FROM tix_seat_map(s(1))"), '00000000',
    'so does the map');
is($node->ask('SELECT sum(free) FROM tix_availability(s(1))'), 16, 'and availability');
is($node->ask("SELECT count(*) FROM tix_changes($seq) WHERE state = 'free' AND ordinal = 2"), 1,
    'the feed tells it');
is($node->ask("SELECT ok FROM tix_lock_best(s(1), 8, u(2), '{A}')"), 't',
    'best available takes them');
$node->ask("INSERT INTO tickets (session_id, seat_id) VALUES (s(1), 'B-1-2')");
is($node->ask("SELECT state FROM tix_seat_status(s(1), 'B-1-2')"), 'sold', 'so does a ticket');
$node->sound('at the end', 1);
$node->stop;
done_testing();
