# Documents: links, their headings, and the files and folders they name.
package rules::Docs;
use strict;
use warnings;
use File::Basename qw(dirname);
use rules::Tree qw(fault kind_of read_file);

# Names of files in comments and documents; the folders at the top of the tree.
my $folders = qr{(?:docs|extension|gateway|pgbouncer|sql|test)};
my $suffix  = qr{(?:cpp|hpp|conf|control|def|md|mjs|pl|pm|psql|sh|sql|ya?ml)};

# The anchors that a Markdown renderer makes of the headings.
sub anchors {
    my ($text) = @_;
    my (%seen, %anchor);
    $text =~ s/^```.*?^```//gms;
    while ($text =~ /^#+\s+(.*?)\s*#*$/gm) {
        my $slug = lc $1;
        $slug =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
        $slug =~ s/[^\w\s-]//g;
        $slug =~ s/\s/-/g;
        my $count = $seen{$slug}++;
        $anchor{ $count ? "$slug-$count" : $slug } = 1;
    }
    return \%anchor;
}

sub check_links {
    my ($file, $line, $text) = @_;
    while ($text =~ /\]\(<?([^)\s>]+)>?[^)]*\)/g) {
        my ($path, $anchor) = split /#/, $1, 2;
        next if $path =~ /^[a-z]+:/;
        my $target = $path eq '' ? $file : dirname($file) . "/$path";
        if (!-e $target) {
            fault($file, $line, "broken link: $path");
        } elsif (defined $anchor && $target =~ /\.md$/) {
            fault($file, $line, "broken link: no heading #$anchor in $target")
                if !anchors(read_file($target))->{$anchor};
        }
    }
    return;
}

# `folder/` and `folder/file` between backticks, from the top or from beside the document; in a row
# of a table of folders also from the row's own. What begins with a dot is made by building.
sub check_names {
    my ($file, $line, $text) = @_;
    my $row = $text =~ m{^\| `([\w.-]+/)`} ? $1 : undef;
    while ($text =~ m{`((?!\.)[\w.+-]+(?:/[\w.+-]+)*/?)`}g) {
        my $name = $1;
        next if $name !~ m{^$folders/} && !($row && $name =~ m{/$});
        fault($file, $line, "no such file or folder: $name")
            if !grep { -e } $name, dirname($file) . "/$name", ($row // '') . $name;
    }
    return;
}

# A comment that sends the reader to a file that has moved.
sub check_comment {
    my ($file, $line, $text) = @_;
    while ($text =~ m{(?<![\w./\$\}"'-])($folders/[\w./-]+\.$suffix)\b}g) {
        my $name = $1;
        fault($file, $line, "no such file: $name") if !-e $name;
    }
    return;
}

sub check_file {
    my ($file) = @_;
    my $text = read_file($file);
    my $number = 0;
    if ($file =~ /\.md$/) {
        $text =~ s/^```.*?^```/$& =~ s{[^\n]}{}gr/gmse;
        for my $line (split /\n/, $text) {
            $number++;
            check_names($file, $number, $line);
            check_links($file, $number, $line =~ s/`[^`]*`//gr);
        }
    } elsif (kind_of($file)) {
        for my $line (split /\n/, $text) {
            $number++;
            check_comment($file, $number, $1) if $line =~ m{(?:^|\s)((?://|#|--)\s.*)};
        }
    }
    return;
}

1;
