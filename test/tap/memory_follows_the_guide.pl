# The sum that docs/dba.md gives for tix.memory is what the server takes: never less than needed and
# not far more, for small and large houses, short and long seat ids, and other settings.
use strict;
use warnings;
use Test::More;
use TixNode;

my %settings = (
    small => { memory => 32, partitions => 16, max_sessions => 100, change_ring_size => 16384 },
    large => { memory => 256, partitions => 128, max_sessions => 4096, change_ring_size => 262144 },
);
for my $name (sort keys %settings)
{
    my $s = $settings{$name};
    my $node = TixNode->fresh($name,
        join("\n", map { "tix.$_ = $s->{$_}" . ($_ eq 'memory' ? 'MB' : '') } sort keys %$s));
    $node->furnish;
    my $sum = 18500 * $s->{partitions} + 230 * $s->{max_sessions} + 40 * $s->{change_ring_size}
      + $s->{memory} * 1024 * 1024 / 32;
    my $fixed = $node->ask("SELECT bytes FROM tix_memory WHERE part = 'fixed'");
    cmp_ok($fixed, '<=', $sum, "$name: the fixed parts, $fixed bytes, are within the guide's sum");
    cmp_ok($fixed * 1.5, '>=', $sum, "$name: and the sum is not far off");
    my @house = ([ 1, 2, 10, 50, '' ], [ 2, 4, 50, 100, '' ], [ 3, 1, 50, 100, 'Parkett links ' ]);
    for my $house (@house)
    {
        my ($n, $areas, $rows, $seats, $prefix) = @$house;
        $node->ask("SELECT FROM make_session($n, $areas, $rows, $seats);"
              . " UPDATE house SET seat_id = '$prefix' || seat_id WHERE session_id = s($n)");
        $node->ask("SELECT FROM tix_load_session(s($n))");
        my $guide = $node->ask(
            "SELECT 4000 + sum(120 + octet_length(seat_id)) FROM house WHERE session_id = s($n)");
        my $taken = $node->ask("SELECT sum(bytes) FROM tix_memory WHERE session_id = s($n)");
        cmp_ok($taken, '<=', $guide, "$name: session $n takes $taken of the guide's $guide bytes");
        cmp_ok($taken * 1.2, '>=', $guide, 'and not much less');
    }
    $node->stop;
}
done_testing();
