# report.pl text|markdown DIR: the turns and facts in DIR as tables of medians, ratios and bars.
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));
use utf8;
use Results qw(bars groups interval label median numbers ratios read_facts read_turns samples
    systems thousands title unit yardstick);

my ($form, $dir) = @ARGV;
my $markdown = $form eq 'markdown';
read_turns("$dir/turns");
my @facts = read_facts("$dir/facts");

sub heading {
    my ($text) = @_;
    print $markdown ? "\n## $text\n\n" : "\n$text\n";
    return;
}

# Rows of cells, the first row being the heads; the first columns are text, the others figures.
sub table {
    my ($texts, @rows) = @_;
    my @width = map { my $i = $_; (sort { $b <=> $a } map { length $_->[$i] } @rows)[0] }
        0 .. $#{ $rows[0] };
    for my $number (0 .. $#rows) {
        my @cells = @{ $rows[$number] };
        if ($markdown) {
            print '| ', join(' | ', @cells), " |\n";
            print '|---' x $texts, '|---:' x (@cells - $texts), "|\n" if $number == 0;
        } else {
            my @form = map { $_ < $texts ? '%-*s' : '%*s' } 0 .. $#cells;
            print '  ', join('   ', map { sprintf $form[$_], $width[$_], $cells[$_] } 0 .. $#cells),
                "\n";
        }
    }
    return;
}

# A ratio, or another small figure.
sub fine {
    my ($figure) = @_;
    return $figure < 20 ? sprintf '%.3f', $figure : thousands($figure);
}

sub range {
    my ($low, $high) = @_;
    return thousands($low) . '–' . thousands($high);
}

sub print_group {
    my ($group) = @_;
    heading(title($group));
    my $unit    = unit($group);
    my $is_load = $unit =~ m{^(?:requests|seats)/s$} && $group ne 'http';
    my $to      = yardstick($group);
    my @heads = ('', $is_load ? 'clients' : (), $unit, '95 %', $is_load ? 'p99, µs' : (),
        'to ' . label($to), '95 %');
    my @rows;
    for my $clients (numbers($group)) {
        for my $system (grep { samples($group, $clients, $_) } systems($group)) {
            my @figures = samples($group, $clients, $system);
            my @ratios = $system eq $to ? () : ratios($group, $clients, $system, $to);
            push @rows, [
                label($system), $is_load ? $clients : (), thousands(median(@figures)),
                range((interval(@figures))[ 0, 1 ]),
                $is_load ? thousands(median(samples($group, $clients, $system, 'p99'))) : (),
                @ratios ? (fine(median(@ratios)),
                    join '–', map { fine($_) } (interval(@ratios))[ 0, 1 ]) : ('', ''),
            ];
        }
    }
    table(1, \@heads, @rows);
    return;
}

sub bar_row {
    my ($bar) = @_;
    my $what = title($bar->{group}) =~ s/(?:: all ask| by share).*?(?=,|$)|, by seats.*//r;
    $what .= ", $bar->{clients} clients" if $bar->{clients} > 1;
    my $of = ($bar->{kind} eq 'p99' ? 'p99 of ' : '') . label($bar->{of});
    $of .= ' to ' . label($bar->{against}) if $bar->{against};
    my $limit = $bar->{most} // $bar->{least};
    $limit = thousands($limit) if $limit >= 1000;
    $limit = (defined $bar->{most} ? '≤ ' : '≥ ') . $limit;
    $limit .= ' ' . unit($bar->{group}) if !$bar->{against};
    my $bound = defined $bar->{most} ? $bar->{high} : $bar->{low};
    return [ $what, $of, $limit, fine($bar->{median}), fine($bound),
        !$bar->{sure} ? 'too few rounds' : $bar->{met} ? 'met' : 'NOT met' ];
}

print "# Benchmark\n\nWritten by \`make bench\`; figures are of the machine named here.\n\n"
    if $markdown;
print $markdown ? "* **$_->[0]**: $_->[1]\n" : "$_->[0]: $_->[1]\n" for @facts;
my @bars = bars();
if ($markdown) {
    print "\nA figure is the median of the rounds; 95 % is the interval of that median by order ",
        "statistics. A ratio\nis taken round by round, and a bar is met when the bound of the ",
        "median, not the median, meets it. Of\nseveral plain-SQL designs the one with the best ",
        "median counts. A time is compared upside down, so\nthat more is better.\n",
        "\n![Throughput of every group](bench-throughput.svg)\n\n",
        "![99th percentile of every group](bench-p99.svg)\n";
}
if (@bars) {
    heading('Bars');
    table(2, [ '', 'ratio or figure', 'bar', 'median', 'bound', '' ], map { bar_row($_) } @bars);
}
print_group($_) for groups();
