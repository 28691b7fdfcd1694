# The tree that is checked: its files, their text with and without comments, and the report.
package rules::Tree;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(dirname);
use File::Glob qw(:bsd_glob);

our @EXPORT_OK = qw(
    all_files fault forbid has_file is_binary is_foreign is_planted kind_of line_at open_tree
    read_file script_text silent_rules without_comments);

my (@files, %is_file, %text, %binary, @said, %heard, @tables);

# Names the files of the tree; comes before all else.
sub open_tree {
    @files   = @_;
    %is_file = map { $_ => 1 } @files;
    return;
}

sub all_files { return @files }
sub has_file  { return $is_file{ $_[0] } }

# Text that others produce: expected output, plans, licences.
sub is_foreign {
    return $_[0] =~ m{(^|/)(expected|plans|LICENSES)/|\.(json|gz|png|svg|out)$|(^|/)LICENSE$};
}

# The faults that selftest.pl plants.
sub is_planted { return $_[0] =~ m{^test/tidy/faults/} }

sub is_binary { my ($file) = @_; return $binary{$file} //= -B $file && !-z $file ? 1 : 0; }

sub read_file {
    my ($file) = @_;
    return $text{$file} //= do {
        open my $handle, '<:raw', $file or die "$file: $!\n";
        local $/;
        my $bytes = <$handle> // '';
        utf8::decode($bytes);
        $bytes;
    };
}

# Prints one line: where and what is wrong.
sub fault {
    my ($file, $line, $what) = @_;
    push @said, $what;
    print "$file:$line: $what\n";
    return;
}

sub line_at { my ($text, $offset) = @_; return 1 + (substr($text, 0, $offset) =~ tr/\n//); }

# forbid TABLE, FILE, TEXT: each row of the table is [files, pattern, what it means, files spared].
sub forbid {
    my ($table, $file, $text) = @_;
    push @tables, $table if !grep { $_ == $table } @tables;
    my @rows = grep { $file =~ $_->[0] && !($_->[3] && $file =~ $_->[3]) } @$table or return;
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        for my $row (@rows) {
            next if $line !~ $row->[1];
            $heard{$row} = 1;
            fault($file, $number, "$row->[2]: " . ($& =~ s/^\s+//r));
        }
    }
    return;
}

# What no planted fault has set off, once all are planted: rows of the tables that were read, and
# calls of fault() in the modules with words that nobody has said.
sub silent_rules {
    my @silent = map { $_->[2] } grep { !$heard{$_} } map { @$_ } @tables;
    my $value = qr{\$(?:\w+)(?:->)?(?:\[[^\]]*\]|\{[^\}]*\})*};
    for my $module (glob dirname(__FILE__) . '/*.pm') {
        my $code = read_file($module);
        while ($code =~ /^\s+fault\([^;]*?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|qq\{([^\}]*)\})/gms) {
            my $words = $1 // $2 // $3;
            my $line  = line_at($code, $-[0]) + ($& =~ /^\n/);
            my $pattern = join '.*', map { quotemeta s/\\//gr } split $value, $words, -1;
            push @silent, "$module:$line: $words" =~ s{.*/rules/}{}r
                if !grep { /^$pattern/ } @said;
        }
    }
    return @silent;
}

# The language of a file, or nothing.
sub kind_of {
    my ($file) = @_;
    return 'cpp'  if $file =~ /\.(cpp|hpp|cc|h|c|def)$/;
    return 'js'   if $file =~ /\.m?js$/;
    return 'sql'  if $file =~ /\.(sql|psql|spec)$/;
    return 'perl' if $file =~ /\.(pl|pm)$/;
    return 'make' if $file =~ m{(^|/)Makefile$};
    return 'bash' if $file =~ /\.sh$/ || read_file($file) =~ /\A#!.*\bbash\b/;
    return '';
}

# Blanks the comments and strings of C++ and JavaScript, keeping the lines.
sub without_comments {
    my ($text) = @_;
    my $comment   = qr{//[^\n]*|/\*.*?\*/|R"(?<mark>\w*)\(.*?\)\k<mark>"}s;
    my $string    = qr{"(?:\\.|[^"\\\n])*"}s;
    my $character = qr{(?<!\w)'(?:\\.|[^'\\\n])+'}s;
    $text =~ s{(?<comment>$comment)|(?<string>$string)|$character}{
        my $found = $&;
        defined $+{comment} ? $found =~ s/[^\n]/ /gr : defined $+{string} ? '""' : "' '" }ge;
    return $text;
}

# Blanks the comments of a script (#) or of SQL (--) as far as they hold no quote.
sub script_text {
    my ($text, $mark) = @_;
    $text =~ s{^\s*$mark[^\n]*|(?<=\s)$mark\s[^\n'"]*$}{}gm;
    return $text;
}

1;
