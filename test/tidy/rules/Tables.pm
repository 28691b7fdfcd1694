# Tables of the documents that must agree with the code: settings and errors.
package rules::Tables;
use strict;
use warnings;
use rules::Tree qw(all_files fault has_file line_at read_file);

my $errors = 'extension/src/core/errors.def';
my $dash   = "\x{2013}";

# Cells of the rows of a Markdown table whose first cell fits: name => [line, cells…].
sub rows_of {
    my ($file, $first) = @_;
    my (%row, $number);
    for my $line (split /\n/, read_file($file)) {
        $number++;
        my ($name) = $line =~ /^\|\s*`?($first)`?\s*\|/ or next;
        my @cells = map { s/^\s+|\s+$//gr } split /\|/, $line, -1;
        $row{$name} = [ $number, @cells[ 2 .. $#cells - 1 ] ];
    }
    return \%row;
}

# Two lists of the same things, name => [line, cells…]: each must have what the other has, and the
# same cells, as far as the second list has them.
sub compare {
    my ($document, $documented, $source, $defined) = @_;
    for my $name (sort keys %$documented) {
        my ($line, @cells) = @{ $documented->{$name} };
        if (!$defined->{$name}) {
            fault($document, $line, "$name is not in $source");
            next;
        }
        my (undef, @wanted) = @{ $defined->{$name} };
        for my $index (grep { defined $wanted[$_] } 0 .. $#wanted) {
            fault($document, $line, "$name: the table says \"$cells[$index]\", "
                    . "$source says \"$wanted[$index]\"")
                if ($cells[$index] // '') ne $wanted[$index];
        }
    }
    for my $name (sort grep { !$documented->{$_} } keys %$defined) {
        fault($source, $defined->{$name}[0], "$name is not in the table of $document");
    }
    return;
}

# Settings of the server: default, unit, bounds and when they change, as settings.cpp says.
sub server_settings {
    my ($file) = @_;
    my %when = (PGC_POSTMASTER => 'restart', PGC_SIGHUP => 'reload', PGC_SUSET => 'superuser',
        PGC_USERSET => 'session');
    my %unit = (GUC_UNIT_MB => 'MB', GUC_UNIT_S => 's', GUC_UNIT_MS => 'ms', 0 => '');
    my $text = read_file($file);
    my %number;
    for my $header (grep { m{^extension/src/.*\.hpp$} } all_files()) {
        my $lines = read_file($header);
        $number{$1} = $2 while $lines =~ /\bconstexpr\s+\w+\s+(k\w+)\s*=\s*(\d+);/g;
    }
    my %setting;
    my $words = qr{(?:"[^"]*"\s*)+};
    my $texts = qr{$words,\s*(?:$words,\s*)?};
    while ($text =~ /"(tix\.\w+)",\s*$texts&settings\.\w+,\s*([^{};]*)/g) {
        my ($name, $line) = ($1, line_at($text, $-[0]));
        my ($default, @rest) = map { $number{$_} // $_ } split /,\s*/, $2;
        $default =~ s/^true$/on/;
        $default =~ s/^false$/off/;
        $default =~ tr/"//d;
        my ($unit, $bounds, $context) = ('', '', $rest[0]);
        ($bounds, $context, $unit) = ("$rest[0]$dash$rest[1]", $rest[2], $unit{ $rest[3] })
            if $rest[0] =~ /^\d/;
        $setting{$name} = [ $line, $default, $unit, $bounds, $when{$context} // $context ];
    }
    return \%setting;
}

# Settings of the gateway, as visit_settings() lists them; the lane readme compares the defaults.
sub gateway_settings {
    my ($file) = @_;
    my $text = read_file($file);
    my %setting;
    my $number = qr{,\s*(\d+),\s*(\d+),\s*"([^"]*)"};
    while ($text =~ /\bv\("([\w.]+)",\s*"(\w+)",\s*[\w.]+(?:$number)?,\s*"([^"]*)"\)/g) {
        my $bounds = defined $3 ? "$3$dash$4" : '';
        $setting{"$1.$2"} = [ line_at($text, $-[0]), undef, $5 // '', $bounds, $6 ];
    }
    return \%setting;
}

# The list of errors: SQLSTATEs, reasons and problems, each code => [line, status].
sub known_errors {
    my $text = read_file($errors);
    my %known;
    while ($text =~ /^TIX_(?:ERROR\("(\w+)",\s*\w+|(?:REASON|PROBLEM)\((\w+)),\s*(\d+)/gm) {
        $known{ $1 // $2 } = [ line_at($text, $-[0]), $3 ];
    }
    return \%known;
}

# Every place that raises an SQLSTATE or answers a problem by name: code => [file, line]. The engine
# says Error::name, or raises what the list says for a reason.
sub raised_errors {
    my $list = read_file($errors);
    my %state = reverse $list =~ /^TIX_(?:ERROR|CONDITION)\("(\w+)",\s*(\w+)/gm;
    my @raised;
    while ($list =~ /^TIX_REASON\(\w+,\s*\d+,\s*(\w+)\)/gm) {
        my $code = $state{$1} // $1;
        push @raised, [ $code, $errors, line_at($list, $-[0]) ] if $code !~ /^\d/;
    }
    for my $file (grep { m{^(?:sql|gateway|extension/src)/.*\.(?:sql|[ch]pp)$} } all_files()) {
        my $text = read_file($file);
        while ($text =~ /(?:ERRCODE\s*=|SQLSTATE)\s*'(TX\w+)'|\braise\w*\(\s*Error::(\w+)
            |\bmake_problem\("(\w+)"|"(TX\d\d\d)"/gx)
        {
            my $code = $1 // (defined $2 ? $state{$2} // $2 : $3 // $4);
            push @raised, [ $code, $file, line_at($text, $-[0]) ];
        }
    }
    return @raised;
}

sub check_errors {
    my $known = known_errors();
    my %raised;
    for my $raised (raised_errors()) {
        my ($code, $file, $line) = @$raised;
        fault($file, $line, "$code is not in $errors") if !$known->{$code};
        $raised{$code} = [ $known->{$code}[0] ] if $code =~ /^TX/ && $known->{$code};
    }
    compare('README.md', rows_of('README.md', qr{TX\d\d\d}), $errors, \%raised)
        if has_file('README.md');
    my $document = 'gateway/openapi.yaml';
    return if !has_file($document);
    my ($list) = read_file($document) =~ /enum:\s*\[(TX001\b[^\]]*)\]/ or return;
    my $line = line_at(read_file($document), $-[1]);
    my %listed = map { $_ => [$line] } $list =~ /(\w+)/g;
    compare($document, \%listed, $errors, { map { $_ => [ $known->{$_}[0] ] } keys %$known });
    return;
}

sub check_tree {
    my $server  = 'extension/src/pg/settings.cpp';
    my $gateway = 'gateway/config/config.hpp';
    compare('README.md', rows_of('README.md', qr{tix\.\w+}), $server, server_settings($server))
        if has_file('README.md') && has_file($server);
    compare('gateway/README.md', rows_of('gateway/README.md', qr{[a-z]+(?:\.[a-z]\w*)+}), $gateway,
        gateway_settings($gateway)) if has_file('gateway/README.md') && has_file($gateway);
    check_errors() if has_file($errors);
    return;
}

1;
