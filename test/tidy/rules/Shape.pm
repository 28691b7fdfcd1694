# The shape of files and functions: length, width, the opening comment, unfinished work.
package rules::Shape;
use strict;
use warnings;
use Cwd qw(getcwd);
use rules::Tree qw(fault forbid is_foreign kind_of line_at read_file without_comments);

my $max_lines   = 400;
my $max_columns = 100;

# The longest function of each language, head and end included. The head of an SQL function takes
# lines that no other language needs; the longest C++ functions are lists of options and cases.
my %max_function_lines = (cpp => 75, js => 60, perl => 60, bash => 60, sql => 80);

# How a function starts, for languages whose functions end where the indentation returns.
my %function_head = (
    bash => qr{^(\s*)(?:function\s+)?([\w:-]+)\s*\(\)\s*[\{(]\s*(?:\#.*)?$},
    perl => qr{^(\s*)sub\s+(\w+)\s*\{\s*(?:\#.*)?$},
    js   => qr{^(\s*)(?!.*\b(?:if|for|while|switch|catch)\s*\()(\S.*(?:=>|\)))\s*\{\s*$},
);

# Paths that only exist on somebody's machine, and what was left for later.
my $here   = getcwd();
my $marker = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'X' x 3;
my @words  = (
    [ qr{}, qr{\b($marker)\b}, 'unfinished work' ],
    [ qr{}, qr{(?<![\w.:/\$\}-])(/(work|farm|Users|root)/|/home/\w|\Q$here\E/)},
        'a path of one machine' ],
);

sub check_lines {
    my ($file, @lines) = @_;
    fault($file, scalar @lines, "has more than $max_lines lines") if @lines > $max_lines;
    my $opening = (@lines && $lines[0] =~ /^#!/) ? 1 : 0;
    fault($file, $opening + 1, 'the first line must be a comment that says what the file is')
        if !@lines || ($lines[$opening] // '') !~ m{^\s*(//|/\*|\#|--)\s*\S+\s+\S+};
    for my $index (0 .. $#lines) {
        (my $line = $lines[$index]) =~ s/\t/    /g;
        fault($file, $index + 1, 'is ' . length($line) . " columns wide, more than $max_columns")
            if length($line) > $max_columns;
    }
    return;
}

sub check_length {
    my ($file, $kind, $name, $from, $to) = @_;
    my $lines = $to - $from + 1;
    my $limit = $max_function_lines{$kind};
    fault($file, $from, "function $name has $lines lines, more than $limit") if $lines > $limit;
    return;
}

# Functions that start with a line of a known form and end at the same indentation.
sub check_indented {
    my ($file, $kind, @lines) = @_;
    for my $first (0 .. $#lines) {
        my ($indent, $name) = $lines[$first] =~ $function_head{$kind} or next;
        my ($last) = grep { $lines[$_] =~ /^$indent[\})]/ } $first + 1 .. $#lines;
        check_length($file, $kind, $name, $first + 1, $last + 1) if defined $last;
    }
    return;
}

# Functions of C++: a block whose head has parentheses, outside any other such block. Lambdas count
# with the function they are in.
my $type_head = qr{\b(?:struct|class|union|enum)\s+(?:alignas\([^)]*\)\s*)?[\w:<>, ]*$};

sub check_braces {
    my ($file, $text) = @_;
    my ($depth, $function, $head, $start) = (0, undef, '', 0);
    while ($text =~ /\G(?:([^{};\#]+)|\#(?:\\\n|[^\n])*|([{};]))/gc) {
        my ($words, $mark) = ($1, $2 // '');
        if (defined $words) {
            $start = pos($text) - length($words =~ s/^\s+//r) if $head !~ /\S/;
            $head .= $words;
        } elsif ($mark eq '{') {
            $function = { depth => $depth, start => $start, name => $1 }
                if !$function && $head !~ $type_head && $head =~ /([\w:~]+|\])\s*\(/;
            $depth++;
            $head = '' if !$function;
        } elsif ($mark eq '}') {
            $depth--;
            # After an initialiser of a member its function goes on.
            next if $function && ($depth > $function->{depth} || $text =~ /\G(?=\s*[,{])/gc);
            check_length($file, 'cpp', $function->{name},
                line_at($text, $function->{start}), line_at($text, pos $text)) if $function;
            ($function, $head) = (undef, '');
        } elsif ($mark eq ';' && !$function) {
            $head = '';
        }
    }
    return;
}

# Bodies between dollar quotes, with the head of their statement.
sub check_bodies {
    my ($file, $text) = @_;
    my $head = qr/^(?:CREATE\b[^;\$]*?\b(?:FUNCTION|PROCEDURE)\s+([\w.]+)|DO\b)[^;\$]*/m;
    while ($text =~ /$head(\$\w*\$).*?\2/gs) {
        check_length($file, 'sql', $1 // 'DO', line_at($text, $-[0]), line_at($text, $+[0]));
    }
    return;
}

sub check_file {
    my ($file) = @_;
    my $text  = read_file($file);
    my @lines = split /\n/, $text;
    forbid(\@words, $file, $text) if $file !~ m{(^|/)(plans|LICENSES)/};
    return if is_foreign($file);
    my $kind = kind_of($file);
    check_lines($file, @lines) if $kind || ($lines[0] // '') =~ /^#!/;
    check_indented($file, $kind, @lines)          if $function_head{$kind};
    check_braces($file, without_comments($text)) if $kind eq 'cpp';
    check_bodies($file, $text)                    if $kind eq 'sql';
    return;
}

1;
