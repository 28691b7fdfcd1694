# plot.pl DIR OUT: the turns in DIR as OUT/bench-throughput.svg and OUT/bench-p99.svg.
#
# A panel a group, a row a system, a bar for each number of clients; the thin line over the end of a
# bar is the 95 % interval of the median. Every panel has a scale of its own, from 0.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Results qw(groups interval label median numbers read_turns samples systems thousands title
    unit);

my ($dir, $out) = @ARGV;
read_turns("$dir/turns");

my ($page_width, $gap, $columns) = (1000, 20, 2);
my $panel_width = ($page_width - $gap * ($columns + 1)) / $columns;
my ($head, $bar, $name_width, $end_width) = (44, 10, 175, 80);
my $room = $panel_width - $name_width - $end_width;

my $fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
my $style = <<'CSS';
.page { fill: #ffffff } .panel { fill: #f4f6fa }
.name { font-size: 13px; font-weight: 600; fill: #1d2430 }
.text { font-size: 11.5px; fill: #465062 } .small { font-size: 9.5px; fill: #465062 }
.tix { fill: #c17d11 } .redis { fill: #b0413e } .yard { fill: #8a94a6 } .plain { fill: #3465a4 }
.span { stroke: #1d2430; stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
  .page { fill: #11151c } .panel { fill: #1b212c } .name { fill: #eef2f8 }
  .text, .small { fill: #b3bccb } .tix { fill: #e0a63a } .redis { fill: #e07a75 }
  .yard { fill: #6d788c } .plain { fill: #6f9fe0 } .span { stroke: #eef2f8 }
}
CSS

sub quoted {
    my ($text) = @_;
    return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr;
}

sub text {
    my ($class, $x, $y, $text, $anchor) = @_;
    return sprintf qq{<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>\n}, $class, $x,
        $y, $anchor // 'start', quoted($text);
}

sub class_of {
    my ($system) = @_;
    return 'tix'   if $system =~ /^tix|^pairs|^\d+$/;
    return 'redis' if $system =~ /^redis/;
    return 'yard'  if $system =~ /^(?:select|empty|row)$/;
    return 'plain';
}

# The rows of a panel: [system, [clients, median, low, high]…].
sub rows_of {
    my ($group, $kind) = @_;
    my @rows;
    for my $system (systems($group)) {
        my @bars;
        for my $clients (numbers($group)) {
            my @figures = grep { $_ > 0 } samples($group, $clients, $system, $kind);
            push @bars, [ $clients, median(@figures), (interval(@figures))[ 0, 1 ] ] if @figures;
        }
        push @rows, [ $system, @bars ] if @bars;
    }
    return @rows;
}

sub row_height { my ($row) = @_; return (@$row - 1) * $bar + 9 }

sub height_of {
    my $height = $head + 6;
    $height += row_height($_) for @_;
    return $height;
}

sub draw_row {
    my ($x, $y, $scale, $row) = @_;
    my ($system, @bars) = @$row;
    my $svg = text('text', $x + $name_width - 22, $y + @bars * $bar / 2 + 4, label($system), 'end');
    for my $one (@bars) {
        my ($clients, $median, $low, $high) = @$one;
        my $left = $x + $name_width;
        my $middle = $y + $bar / 2;
        $svg .= text('small', $left - 4, $middle + 3.5, $clients, 'end')
            if $clients > 1 || @bars > 1;
        $svg .= sprintf qq{<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>\n},
            class_of($system), $left, $y + 0.8, $median * $scale, $bar - 1.6;
        $svg .= sprintf qq{<path class="span" d="M%.1f %.1fH%.1f"/>\n}, $left + $low * $scale,
            $middle, $left + $high * $scale;
        $svg .= text('small', $left + $high * $scale + 5, $middle + 3.5, thousands($median));
        $y += $bar;
    }
    return $svg;
}

sub draw_panel {
    my ($x, $y, $group, $unit, @rows) = @_;
    my ($most) = sort { $b <=> $a } map { my (undef, @bars) = @$_; map { $_->[3] } @bars } @rows;
    my $box = '<rect class="panel" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5"/>';
    my $svg = sprintf "$box\n", $x, $y, $panel_width, height_of(@rows);
    $svg .= text('name', $x + 12, $y + 19, title($group));
    $svg .= text('small', $x + 12, $y + 34, $unit);
    $y += $head;
    for my $row (@rows) {
        $svg .= draw_row($x, $y, $room / $most, $row);
        $y += row_height($row);
    }
    return $svg;
}

# Panels go to whichever column ends first.
sub draw_page {
    my ($title, $kind, @groups) = @_;
    my @end = (58) x $columns;
    my $panels = '';
    for my $group (@groups) {
        my @rows = rows_of($group, $kind) or next;
        my ($column) = sort { $end[$a] <=> $end[$b] || $a <=> $b } 0 .. $#end;
        my $unit = $kind eq 'p99' ? '99th percentile, µs' : unit($group);
        $panels .= draw_panel($gap + $column * ($panel_width + $gap), $end[$column], $group, $unit,
            @rows);
        $end[$column] += height_of(@rows) + $gap;
    }
    my ($height) = sort { $b <=> $a } @end;
    return qq{<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $page_width $height"\n}
        . qq{ role="img" font-family="$fonts">\n}
        . "<!-- Written by make bench. -->\n<title>$title</title>\n<style>\n$style</style>\n"
        . qq{<rect class="page" width="$page_width" height="$height"/>\n}
        . text('name', $gap, 26, $title)
        . text('text', $gap, 44, 'Small figures before the bars: clients. Line over the end of a '
            . 'bar: 95 % interval of the median. Every panel has its own scale.')
        . "$panels</svg>\n";
}

sub write_page {
    my ($file, @page) = @_;
    open my $to, '>', "$out/$file" or die "$out/$file: $!\n";
    print {$to} draw_page(@page);
    close $to or die "$out/$file: $!\n";
    return;
}

write_page('bench-throughput.svg', 'What each system does (more is better; of times, less)',
    'figure', groups());
write_page('bench-p99.svg', 'How long the slowest hundredth waits (less is better)', 'p99',
    groups());
