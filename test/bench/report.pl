# report.pl TURNS COUNTERS: what measure.sh measured, as tables of medians and ratios.
use strict;
use warnings;

my %title = (
    lost    => 'Lost race: all ask for one seat that somebody else holds',
    memory  => 'Won race, memory only (tix.hold_journal = off)',
    journal => 'Won race with the journal (synchronous_commit = on)',
    async   => 'Won race with the journal (synchronous_commit = off)',
    http    => 'Won race over HTTP: edge, gateway, PgBouncer, journal (synchronous_commit = on)',
);
my %system = (
    empty  => 'empty function',
    insert => 'only the insert',
    tix    => 'tix',
    plain  => 'INSERT … ON CONFLICT',
);
my %bar = (lost => 0.85, memory => 0.85, journal => 0.80, http => 0.60);

sub median {
    my @sorted = sort { $a <=> $b } @_;
    my $middle = int(@sorted / 2);
    return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

sub thousands {
    my $number = sprintf '%.0f', shift;
    1 while $number =~ s/^(\d+)(\d{3})/$1 $2/;
    return $number;
}

my (%tps, @groups, %systems);
open my $turns, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (<$turns>) {
    my ($group, $round, $system, $tps) = split;
    push @groups, $group if !$tps{$group};
    push @{ $systems{$group} }, $system if !$tps{$group}{$system};
    $tps{$group}{$system}[ $round - 1 ] = $tps;
}
close $turns;

# Ratios of the group's systems to its first one, round by round.
sub print_group {
    my ($group) = @_;
    my ($yardstick, @others) = @{ $systems{$group} };
    my $rounds = @{ $tps{$group}{$yardstick} };
    print "\n$title{$group}\n";
    printf "  %-24s %10s   %s\n", '', 'calls/s', "ratio to \"$system{$yardstick}\", $rounds pairs";
    for my $name ($yardstick, @others) {
        my @tps = @{ $tps{$group}{$name} };
        my @ratio = sort { $a <=> $b } map { $tps[$_] / $tps{$group}{$yardstick}[$_] } 0 .. $#tps;
        printf "  %-24s %10s", $system{$name} =~ s/…/.../r, thousands(median(@tps));
        printf "   median %.3f   min %.3f   max %.3f", median(@ratio), @ratio[ 0, -1 ]
            if $name ne $yardstick;
        print "\n";
        next if $name ne 'tix' || !$bar{$group};
        my $met = median(@ratio) >= $bar{$group} ? 'met' : 'NOT met';
        printf "  %-24s %10s   bar %.2f: %s\n", '', '', $bar{$group}, $met;
    }
    return;
}

# How much tix sells for one call of the plain-SQL design.
sub print_plain {
    my ($group) = @_;
    my ($tix, $plain) = @{ $tps{$group} }{qw(tix plain)};
    return if !$plain;
    my @ratio = map { $tix->[$_] / $plain->[$_] } 0 .. $#$plain;
    printf "  %-24s %10s   median %.2f\n", 'tix to plain SQL', '', median(@ratio);
    return;
}

for my $group (@groups) {
    print_group($group);
    print_plain($group);
}

exit if !-s $ARGV[1];
print "\nWhat tix answered (the counters of tix_stat_partitions)\n";
open my $counters, '<', $ARGV[1] or die "$ARGV[1]: $!\n";
while (<$counters>) {
    my ($group, @count) = split;
    my ($won, $lost, $again) = map { $count[ $_ + 3 ] - $count[$_] } 0 .. 2;
    printf "  %-8s won %s, lost %s, own hold again %s\n", $group, map { thousands($_) } $won,
        $lost, $again;
    print "           more than 1 % are not what the title says: measure on a quieter machine\n"
        if $group eq 'lost' ? $won + $again > 0 : $lost + $again > 0.01 * $won;
}
close $counters;
