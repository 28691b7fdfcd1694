# Plants each fault of faults/*.txt in a small tree and prints those that tidy does not report, and
# the rules that no fault sets off.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Glob qw(:bsd_glob);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $tidy = dirname(__FILE__);
my $tree = tempdir(CLEANUP => 1);
my @expected;
my %comment = (sh => '#', md => '#', '' => '#', t => '#', pl => '#', pm => '#', conf => '#',
    yaml => '#', sql => '--', psql => '--');

# A file begins with a comment, unless the fault is the beginning (a path that ends with "!").
sub plant {
    my ($path, $bare, $lines) = @_;
    make_path("$tree/" . dirname($path));
    my ($suffix) = $path =~ /\.(\w+)$/;
    my $opening = $bare || -e "$tree/$path" ? '' : ($comment{ $suffix // '' } // '//')
        . " This file is planted.\n";
    open my $file, '>>', "$tree/$path" or die "$path: $!\n";
    print $file $opening, $lines;
    close $file or die "$path: $!\n";
    return;
}

# "== PATH: WORDS" and then the lines that make tidy say WORDS of PATH; without words only planted.
# "<N>" at the end of a line repeats it; "<>" falls away, where the words must not stand here.
sub plant_all {
    my ($list) = @_;
    open my $faults, '<', $list or die "$list: $!\n";
    my ($path, $bare, $lines);
    for my $line (<$faults>, '== end') {
        if ($line =~ /^== ([^:!\s]+)(!?)(?:: (.*))?$/) {
            plant($path, $bare, $lines) if defined $path;
            ($path, $bare, $lines) = ($1, $2, '');
            push @expected, [ $path, $3 ] if defined $3;
        } elsif (defined $path) {
            $lines .= $line =~ s/<>//gr =~ s/^(.*?)<(\d+)>$/"$1\n" x $2/er =~ s/\n+$/\n/r;
        }
    }
    return;
}

plant_all($_) for glob "$tidy/faults/*.txt";
copy("$tidy/../../.clang-format", $tree) or die "no .clang-format: $!\n";
my @report = do {
    open my $run, '-|', 'bash', "$tidy/run.sh", $tree, '--self-test' or die "run.sh: $!\n";
    <$run>;
};
for my $fault (@expected) {
    my ($path, $words) = @$fault;
    print "tidy misses a planted fault in $path: $words\n"
        if !grep { index($_, "$path:") == 0 && index($_, $words) > 0 } @report;
}
print grep { /^no planted fault: / } @report;
