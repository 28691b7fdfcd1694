# A sale in the background, and what its clients were told: for the tests that break the server.
package TixSale;
use strict;
use warnings;
use TixNode;

# A script that locks seats of a row one by one, each together with those of areas B and C, and
# tells each answer; every fourth hold is sold, every fifth released if it was not.
sub script
{
    my ($row, $seats, $settings) = @_;
    my $text = $settings // '';
    for my $i (1 .. $seats)
    {
        my $user = "u(" . (1000 * $row + $i) . ')';
        my $list = join ',', map { "$_-$row-$i" } qw(A B C);
        $text .= "SELECT lock_id FROM tix_lock_seats(s(1), '{$list}', $user, '20 min') \\gset\n"
          . "\\echo lock :lock_id $user $list\n";
        $text .= 'BEGIN; INSERT INTO tickets (session_id, seat_id)'
          . " SELECT s(1), seat FROM tix_confirm_seats(:lock_id, $user) seat; COMMIT;\n"
          . "\\echo sell :lock_id $user $list\n"
          if $i % 4 == 0;
        $text .= "SELECT FROM tix_release_seats(:lock_id, $user);\n"
          . "\\echo release :lock_id $user -\n"
          if $i % 5 == 1 && $i % 4 != 0;
    }
    return $text;
}

# What was told: lock -> [what last, user, seats]. The last of each script may be under way further.
sub told
{
    my ($told, @lines) = @_;
    my $last;
    for my $line (@lines)
    {
        my ($what, $lock, $user, $seats) = split / /, $line;
        next unless defined $seats && $lock =~ /^\d+$/;
        $seats = $told->{$lock}[2] if $what eq 'release';
        $told->{$lock} = [ $what, $user, $seats ];
        $last = $lock;
    }
    $told->{$last}[0] .= ' last' if defined $last;
    return;
}

# What became of each: rows "lock|seats the hold has|tickets".
sub found
{
    my ($node, $told) = @_;
    my $rows = join ', ', map { "($_, $told->{$_}[1], '{$told->{$_}[2]}'::text[])" } keys %$told;
    my %found;
    for my $line (split /\n/, $node->ask("SELECT v.lock, coalesce(cardinality(g.seats), 0),"
              . " (SELECT count(*) FROM tickets t WHERE t.seat_id = ANY (v.seats))"
              . " FROM (VALUES $rows) v (lock, who, seats), tix_lock_get(v.lock, v.who) g"))
    {
        my ($lock, $held, $sold) = split /\|/, $line;
        $found{$lock} = "$held held, $sold sold";
    }
    return \%found;
}

my %expected =
  (lock => '3 held, 0 sold', sell => '0 held, 3 sold', release => '0 held, 0 sold');

# The locks that are not as their client was told.
sub lost
{
    my ($node, $told) = @_;
    my $found = found($node, $told);
    return grep { ($expected{ $told->{$_}[0] } // $found->{$_}) ne $found->{$_} } keys %$told;
}

# The locks that are neither whole nor gone.
sub half
{
    my ($node, $told) = @_;
    my $found = found($node, $told);
    return grep { my $is = $found->{$_}; !grep { $_ eq $is } values %expected } keys %$told;
}

1;
