# Reads what gcov prints as JSON, a document a line, and says which branches of the core were taken.
#
# perl coverage.pl FOLDER PERCENT <JSON: files of FOLDER count; fails below PERCENT of the branches.
# A branch of an inline function counts once, however many files include it; a branch that only an
# exception takes does not count, as the core has none.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use Cwd qw(realpath);

my ($folder, $wanted) = @ARGV;
$folder = realpath($folder);
my (%branch, %line);

sub read_file_counts {
    my ($name, $file) = @_;
    for my $line (@{ $file->{lines} }) {
        my $number   = $line->{line_number};
        my $function = $line->{function_name} // '';
        $line{$name}{$number} += $line->{count};
        my $index = 0;
        for my $one (@{ $line->{branches} }) {
            next if $one->{throw};
            $branch{$name}{$number}{"$function " . $index++} += $one->{count};
        }
    }
    return;
}

sub report {
    my ($all, $taken) = (0, 0);
    for my $name (sort keys %line) {
        my ($in_file, $taken_in_file, @missed) = (0, 0);
        for my $number (sort { $a <=> $b } keys %{ $line{$name} }) {
            my @counts = values %{ $branch{$name}{$number} // {} };
            my $never  = grep { !$_ } @counts;
            $in_file       += @counts;
            $taken_in_file += @counts - $never;
            push @missed, "$number (never run)" if !$line{$name}{$number};
            push @missed, sprintf '%d (%d of %d)', $number, @counts - $never, scalar @counts
                if $line{$name}{$number} && $never;
        }
        printf "%-14s %4d of %4d branches", $name, $taken_in_file, $in_file;
        print @missed ? ', not all: ' . join(', ', @missed) . "\n" : "\n";
        $all   += $in_file;
        $taken += $taken_in_file;
    }
    die "no branches were counted\n" if !$all;
    my $percent = 100 * $taken / $all;
    printf "%d of %d branches of the core are taken: %.2f %%\n", $taken, $all, $percent;
    return $percent;
}

while (my $text = <STDIN>) {
    my $document = decode_json($text);
    for my $file (@{ $document->{files} }) {
        my $path = realpath($file->{file}) // next;
        read_file_counts($1, $file) if $path =~ m{^\Q$folder\E/(.*)};
    }
}
exit(report() >= $wanted ? 0 : 1);
