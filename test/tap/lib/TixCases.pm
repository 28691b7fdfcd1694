# What a statement can do to seats, one case each, to be broken at every point it passes.
package TixCases;
use strict;
use warnings;

# Every case begins with a session of its own: two holds (of user 1 and 2), two sold seats and a
# blocked one.
# In the SQL, N stands for the session, M for a second one, and lk(N, u) for the lock of a user.
our %case = (
    lock_group => "SELECT ok FROM tix_lock_seats(s(N), '{A-1-4,B-1-4}', u(9));",
    lock_best  => "SELECT ok FROM tix_lock_best(s(N), 2, u(9), '{A}');",
    lock_area  => "SELECT ok FROM tix_lock_area(s(N), 'A', 2, u(9));",
    lock_batch => "SELECT bool_and(ok) FROM tix_lock_batch((SELECT jsonb_agg(jsonb_build_object("
      . "'sessionId', s(N), 'userId', u(9), 'seatIds', ARRAY[seat]) ORDER BY seat)"
      . " FROM unnest('{A-1-4,B-1-4}'::text[]) seat));",
    add        => "SELECT ok FROM tix_lock_seats(s(N), '{B-1-3}', u(1), into_lock_id => lk(N, 1));",
    extend     => "SELECT ok FROM tix_extend_lock(lk(N, 1), u(1), '20 min');",
    hand_over  => "SELECT FROM tix_hand_over(lk(N, 1), u(1), u(99), '1 hour');",
    release    => 'SELECT FROM tix_release_seats(lk(N, 1), u(1));',
    part       => "SELECT FROM tix_release_seats(lk(N, 2), u(2), '{A-1-2}');",
    sell       => 'BEGIN; INSERT INTO tickets (session_id, seat_id)'
      . ' SELECT s(N), seat FROM tix_confirm_seats(lk(N, 2), u(2)) seat; COMMIT;',
    ticket => "INSERT INTO tickets (session_id, seat_id) VALUES (s(N), 'B-1-5');",
    refund => "DELETE FROM tickets WHERE session_id = s(N) AND seat_id = 'A-1-6';",
    block   => "SELECT FROM tix_block_seats(s(N), '{A-1-4,B-1-4}');",
    unblock => "SELECT FROM tix_unblock_seats(s(N), '{B-1-2}');",
    force   => "SELECT FROM tix_force_release(s(N), '{A-1-1,A-1-2}', 'a test');",
    free    => "BEGIN; SELECT FROM tix_free_sold(s(N), '{A-1-6}');"
      . " DELETE FROM tickets WHERE session_id = s(N) AND seat_id = 'A-1-6'; COMMIT;",
    rollback => "BEGIN; SELECT FROM tix_lock_seats(s(N), '{A-1-4,B-1-4}', u(9));"
      . ' SELECT FROM tix_confirm_seats(lk(N, 1), u(1));'
      . ' SELECT FROM tix_release_seats(lk(N, 2), u(2)); ROLLBACK;',
    savepoint => "BEGIN; SAVEPOINT a; SELECT FROM tix_lock_seat(s(N), 'A-1-4', u(9));"
      . " ROLLBACK TO a; SELECT FROM tix_lock_seat(s(N), 'A-1-5', u(9)); COMMIT;",
    map     => 'SELECT FROM tix_seat_map(s(N));',
    changes => 'SELECT FROM tix_seat_map(s(N)) m, tix_changes(m.seq - 5);',
    wait    => 'SELECT FROM tix_seat_map(s(N)) m, tix_changes(m.seq, NULL, 10, 20);',
    check   => 'SELECT FROM tix_check(s(N));',
    ahead   => 'SELECT FROM tix_load_session(s(N));',
    first   => "SELECT FROM tix_lock_seat(s(M), 'A-1-1', u(9));",
    unload  => 'SELECT tix_unload_session(s(M));',
);

# Points that the cases do not pass, by the test that stops there.
our @loader = qw(loader_started generation_begun generation_written generation_committed
  loader_claimed loader_waiting loader_locked loader_seats_read loader_tables_read loader_reserved
  loader_built loader_hold_restored loader_published token_session_found);
our @sweep = qw(sweep_locked sweep_stuck sweep_group_locked);

# At these, what the transaction did is done.
our %after_commit = map { $_ => 1 } qw(commit_recorded end_locked commit_known sale_half_kept);

# These change the seats at commit, and so pass there what the others pass in the statement.
our %at_commit = map { $_ => 1 } qw(force free part refund release unblock);

# Whether what a case did is done when its process dies at the point.
sub is_done
{
    my ($name, $point) = @_;
    return $at_commit{$name} if $point eq 'ring_claimed';
    return $name ne 'rollback' && $after_commit{$point};
}

my $functions = <<'SQL';
CREATE FUNCTION lk(n integer, who integer) RETURNS bigint STABLE LANGUAGE sql
RETURN (SELECT max(lock_id) FROM holds WHERE session_id = s(n) AND user_id = u(who));
CREATE FUNCTION begin_case(n integer) RETURNS void VOLATILE LANGUAGE sql AS $$
    SELECT FROM tix_lock_seats(s(n), '{A-1-1,B-1-1}', u(1));
    SELECT FROM tix_lock_seats(s(n), '{A-1-2,A-1-3}', u(2));
    SELECT FROM tix_block_seats(s(n), '{B-1-2}');
    INSERT INTO tickets (session_id, seat_id) VALUES (s(n), 'A-1-6'), (s(n), 'B-1-6') $$;
CREATE FUNCTION state_of(n integer, m integer) RETURNS text VOLATILE LANGUAGE sql AS $$
    SELECT concat_ws('; ',
        (SELECT string_agg(t.seat_id || ' ' || t.state, ', ' ORDER BY t.ordinal)
         FROM tix_seats(s(n)) t WHERE t.state <> 'free'),
        (SELECT string_agg('other ' || t.seat_id || ' ' || t.state, ', ' ORDER BY t.ordinal)
         FROM tix_seats(s(m)) t WHERE t.state <> 'free'),
        (SELECT string_agg(format('%s has %s', who, t.seat_id), ', ' ORDER BY who, t.ordinal)
         FROM unnest('{1,2,9}'::int[]) who, tix_seats(s(n), NULL, u(who)) t WHERE t.mine),
        (SELECT string_agg(format('%s %s %s seats%s%s%s', right(h.user_id::text, 2), h.state,
             h.seats, CASE WHEN h.ordered THEN ' ordered' END,
             CASE WHEN h.expires_at > clock_timestamp() + interval '15 min' THEN ' long' END,
             CASE WHEN h.uncommitted THEN ' uncommitted' END), ', ' ORDER BY h.user_id)
         FROM tix_stat_holds h WHERE h.session_id = s(n)),
        (SELECT 'tickets ' || string_agg(t.seat_id, ' ' ORDER BY t.seat_id)
         FROM tickets t WHERE t.session_id = s(n))) $$;
SQL

# A server with what the cases need.
sub server
{
    my ($name, $settings) = @_;
    my $node = TixPoints->fresh($name, "tix.memory = '64MB'\n" . ($settings // ''));
    $node->furnish;
    $node->ask($functions);
    return $node;
}

my $sessions = 0;

# Makes the two sessions of a case through a background session; answers the number of the first.
sub prepare
{
    my ($control, $name) = @_;
    my $n = ++$sessions;
    my $m = $n + 5000;
    $control->query_safe("SELECT make_session($n, 2, 1, 6), make_session($m, 1, 1, 2)");
    $control->query_safe("SELECT FROM tix_load_session(s($n))");
    $control->query_safe("SELECT FROM tix_seats(s($m)) LIMIT 1") if $name eq 'unload';
    $control->query_safe("SELECT begin_case($n)");
    return $n;
}

sub sql
{
    my ($name, $n) = @_;
    my $m = $n + 5000;
    return $case{$name} =~ s/\bN\b/$n/gr =~ s/\bM\b/$m/gr;
}

sub state_of
{
    my ($node, $n) = @_;
    return $node->ask("SELECT state_of($n, $n + 5000)");
}

# Runs every case undisturbed. Answers for each: what it passes and how often, the state before, the
# state after.
sub rehearse
{
    my ($node) = @_;
    my %seen;
    my $control = $node->session;
    for my $name (sort keys %case)
    {
        my $n = prepare($control, $name);
        my $run = \%{ $seen{$name} };
        $run->{before} = state_of($node, $n) if $name ne 'first';
        my @lines = split /\n/, $node->ask("SET client_min_messages = error; " . sql($name, $n)
              . " SELECT name || ' ' || kind || ' ' || hits FROM tix_points() WHERE hits > 0");
        for my $line (@lines)
        {
            my ($point, $kind, $hits) = $line =~ /^(\w+) (open|held|nofail) (\d+)$/ or next;
            $run->{passes}{$point} = { kind => $kind, hits => $hits };
        }
        $run->{after} = state_of($node, $n);
    }
    $seen{first}{before} = $seen{map}{before};
    $control->quit;
    return \%seen;
}

1;
