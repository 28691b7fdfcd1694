# What a run measured: reading its turns, medians with their bounds, the groups and the bars.
#
# Bounds are order statistics: of n rounds the k-th smallest and the k-th largest figure enclose the
# median with at least 95 % confidence, k from the binomial distribution (n = 15: the 4th). They
# need no model and no dice. Fewer than 6 rounds have none.
package Results;
use strict;
use warnings;
use utf8;
use Exporter qw(import);

our @EXPORT_OK = qw(bars groups interval label median numbers ratios read_facts read_turns samples
    systems thousands title unit yardstick);

# In the order of the report: [name, title, yardstick of the ratios, unit].
my @groups = (
    [ lost => 'Lost race: all ask for one seat that somebody else holds', 'empty' ],
    [ memory => 'Won race, memory only (tix.hold_journal = off)', 'empty' ],
    [ async => 'Won race with the journal, synchronous_commit = off', 'row' ],
    [ journal => 'Won race with the journal', 'row' ],
    [ four_lost => 'A group of four seats, lost', 'empty' ],
    [ four_memory => 'A group of four, memory only (tix.hold_journal = off)', 'empty' ],
    [ four_async => 'A group of four with the journal, synchronous_commit = off', 'row' ],
    [ four_journal => 'A group of four with the journal', 'row' ],
    [ uniform_async => 'Every seat its winner, synchronous_commit = off', 'tix' ],
    [ uniform_journal => 'Every seat its winner', 'tix' ],
    [ hot => 'Everybody wants the same 100 seats', 'tix' ],
    [ best_async => 'Best available of four, synchronous_commit = off', 'tix' ],
    [ best_journal => 'Best available of four', 'tix' ],
    [ redis => 'Every seat its winner, and Redis', 'tix_journal' ],
    [ lua => 'A group of four, and Redis with a script', 'tix_journal' ],
    [ batch => '32 requests in one message', 'tix_journal', 'seats/s' ],
    [ map => 'Map of 39 616 seats, in the server', 'tix', 'µs' ],
    [ fill => 'Best available of four by share of seats sold, in the server', '8000', 'µs' ],
    [ scale => 'Won race, memory only, by seats of the session', '1000' ],
    [ core => 'The core alone, one processor', 'pairs', 'pairs/s' ],
    [ http => 'Won race over HTTP: edge, gateway, PgBouncer, journal', 'row' ],
);
my %group = map {
    $_->[0] => { title => $_->[1], yardstick => $_->[2], unit => $_->[3] // 'requests/s' }
} @groups;

my %label = (
    select => 'SELECT 1', empty => 'empty function', row => 'only the row', tix => 'tix',
    update => 'guarded UPDATE', insert => 'INSERT ON CONFLICT', skip_locked => 'SKIP LOCKED',
    advisory => 'advisory lock + insert', for_update => 'SELECT FOR UPDATE',
    first => 'SKIP LOCKED, best first', any => 'SKIP LOCKED, anywhere',
    redis_none => 'Redis, no persistence', redis_everysec => 'Redis, everysec',
    redis_always => 'Redis, always', tix_memory => 'tix, hold_journal off',
    tix_async => 'tix, async commit', tix_journal => 'tix', tix_jsonb => 'tix, jsonb, async',
    join => 'SQL join', alone => 'tix, each lock alone',
    pairs => 'lock + release', 8000 => 'none', 8050 => '50 %, scattered', 8090 => '90 %, scattered',
    8099 => '99 %, scattered', 9050 => '50 %, the best', 9090 => '90 %, the best',
    9099 => '99 %, the best', 1000 => '10^3 seats', 10000 => '10^4 seats',
    100000 => '10^5 seats', 1000000 => '10^6 seats',
);
my @plain = qw(update insert skip_locked advisory for_update);

# What must hold: [group, clients (empty: whatever there is), figure of, against, least]. `against`
# is a system, or several of which the one with the best median counts; without any the figure
# itself is judged, and of a time the least is a most.
my @bars = (
    (map { [ 'lost', $_, 'tix', ['empty'], 0.93 ], [ 'memory', $_, 'tix', ['empty'], 0.93 ],
        [ 'async', $_, 'tix', ['row'], 0.90 ], [ 'journal', $_, 'tix', ['row'], 0.90 ] } 8, 32),
    [ 'four_lost', '', 'tix', ['empty'], 0.85 ], [ 'four_memory', '', 'tix', ['empty'], 0.85 ],
    [ 'four_async', '', 'tix', ['row'], 0.85 ], [ 'four_journal', '', 'tix', ['row'], 0.85 ],
    (map { [ 'uniform_async', $_, 'tix', \@plain, 1.1 ],
        [ 'uniform_journal', $_, 'tix', \@plain, 1.0 ] } 8, 32),
    [ 'best_async', '', 'tix', ['first'], 4 ], [ 'best_journal', '', 'tix', ['first'], 1.5 ],
    [ 'redis', 8, 'tix_async', ['redis_none'], 0.9 ],
    [ 'redis', 8, 'tix_journal', ['redis_always'], 3 ],
    (map { [ 'hot', $_, 'tix', \@plain, 1.2 ], [ 'hot', $_, 'tix', ['for_update'], 2.5 ],
        [ 'hot', $_, 'tix', \@plain, 1.0, 'p99' ] } 8, 32),
    [ 'batch', '', 'tix_async', [], 300_000 ],
    [ 'batch', '', 'tix_journal', ['redis_always'], 1.0 ],
    [ 'batch', '', 'tix_memory', ['redis_none'], 1.4 ],
    [ 'core', '', 'pairs', [], 2_000_000 ],
    [ 'map', '', 'tix', [], 500 ], [ 'map', '', 'tix', ['join'], 100 ],
    (map { [ 'fill', '', $_, [], 100 ] } 8000, 8050, 8090, 8099, 9050, 9090, 9099),
    (map { [ 'scale', '', $_, ['1000'], 0.95 ] } 10_000, 100_000, 1_000_000),
    [ 'http', '', 'alone', ['row'], 0.80 ], [ 'http', '', 'tix', ['row'], 1.5 ],
);

my (%turns, %order);

sub groups { return grep { $turns{$_} } map { $_->[0] } @groups }
sub numbers { my ($group) = @_; return sort { $a <=> $b } keys %{ $turns{$group} } }
sub systems { my ($group) = @_; return @{ $order{$group} } }
sub title { my ($group) = @_; return $group{$group}{title} }
sub unit { my ($group) = @_; return $group{$group}{unit} }
sub yardstick { my ($group) = @_; return $group{$group}{yardstick} }
sub label { my ($system) = @_; return $label{$system} // $system }

# Lines of: group, clients, round, system, figure, p99 in microseconds.
sub read_turns {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) {
        my ($group, $clients, $round, $system, $figure, $p99) = split;
        die "$file: unknown group $group\n" if !$group{$group};
        push @{ $order{$group} }, $system if !grep { $_ eq $system } @{ $order{$group} // [] };
        $turns{$group}{$clients}{$system}[ $round - 1 ] = { figure => $figure, p99 => $p99 };
    }
    close $in;
    return;
}

sub read_facts {
    my ($file) = @_;
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
    my @facts = map { chomp; s/\s+$//r } <$in>;
    close $in;
    return map { [ split /\t/, $_, 2 ] } @facts;
}

# The figures (or p99) of a system, round by round.
sub samples {
    my ($group, $clients, $system, $kind) = @_;
    my $measured = $turns{$group}{$clients} // {};
    return map { $_->{ $kind // 'figure' } } @{ $measured->{$system} // [] };
}

sub median {
    my @sorted = sort { $a <=> $b } @_;
    my $middle = int(@sorted / 2);
    return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

# The bounds of the median and whether they are at least 95 % sure; else they are the extremes.
sub interval {
    my @sorted = sort { $a <=> $b } @_;
    my ($n, $k) = (scalar @sorted, 0);
    my ($ways, $below) = (1, 0);
    while (($below += $ways / 2**$n) <= 0.025) {
        $ways *= ($n - $k) / ($k + 1);
        $k++;
    }
    return ($sorted[0], $sorted[-1], 0) if !$k;
    return ($sorted[ $k - 1 ], $sorted[ $n - $k ], 1);
}

# A system's figures as multiples of another's, round by round; of times the other way round.
sub ratios {
    my ($group, $clients, $system, $against, $kind) = @_;
    my @mine  = samples($group, $clients, $system, $kind);
    my @other = samples($group, $clients, $against, $kind);
    my $time  = ($kind // '') eq 'p99' || unit($group) eq 'µs';
    return map { $time ? $other[$_] / $mine[$_] : $mine[$_] / $other[$_] } 0 .. $#mine;
}

# Of several systems the one that does most.
sub strongest {
    my ($group, $clients, @names) = @_;
    my ($best) = sort {
        median(samples($group, $clients, $b)) <=> median(samples($group, $clients, $a))
    } grep { samples($group, $clients, $_) } @names;
    return $best;
}

# What a bar says of this run, or nothing when it was not measured: {group, clients, of, against,
# kind, least or most, median, low, high, sure, met}.
sub judge {
    my ($group, $wanted, $of, $against, $bar, $kind) = @_;
    return if !$turns{$group};
    my ($clients) = $wanted || (numbers($group))[0];
    my @figures = samples($group, $clients, $of, $kind) or return;
    my %said = (group => $group, clients => $clients, of => $of, kind => $kind // 'figure');
    if (@$against) {
        $said{against} = strongest($group, $clients, @$against) // return;
        @figures = ratios($group, $clients, $of, $said{against}, $kind);
    }
    @said{qw(median low high sure)} = (median(@figures), interval(@figures));
    my $most = !@$against && unit($group) eq 'µs';
    $said{ $most ? 'most' : 'least' } = $bar;
    $said{met} = $most ? $said{high} <= $bar : $said{low} >= $bar;
    return \%said;
}

sub bars { return grep { $_ } map { judge(@$_) } @bars }

sub thousands {
    my ($number) = @_;
    my $text = abs $number < 20 ? sprintf '%.2f', $number : sprintf '%.0f', $number;
    1 while $text =~ s/^(\d+)(\d{3})/$1 $2/;
    return $text;
}

1;
