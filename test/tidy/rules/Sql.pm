# SQL of the schema and of the extension: how functions are declared, granted and described.
package rules::Sql;
use strict;
use warnings;
use rules::Tree qw(fault forbid line_at read_file script_text);

my $schema    = qr{^sql/.*\.sql$};
my $extension = qr{^extension/sql/.*\.sql$};
my $both      = qr{^(?:extension/)?sql/.*\.sql$};

# Comments do not count; strings do, for they may be statements.
my @words = (
    [ $extension, qr{\bOR\s+REPLACE\b|\bIF\s+(?:NOT\s+)?EXISTS\b}i,
        'takes over what it did not make' ],
    [ $schema, qr{\bCREATE\s+OR\s+REPLACE\b}i, 'keeps the old attributes, drop it first' ],
    [ $both, qr{\bNOTIFY\b|\bpg_notify\s*\(}i,     'locks the whole database at commit' ],
    [ $both, qr{\bGRANT\b.*\bTO\s+PUBLIC\b}i,      'gives rights to everybody' ],
    [ $both, qr{\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(}, 'outlives its transaction' ],
    [ $both, qr{\b\w*(?:amount|price|total|fee)\w*\s+(?:real|float\d?|double|numeric|money)\b}i,
        'money is a bigint of minor units' ],
    [ $both, qr{(?<!')\btimestamp\b(?!tz|\s+with\s+time)}i, 'a time without a zone' ],
    # tix_health() promises to raise nothing.
    [ $both, qr{\bWHEN\s+OTHERS\b}i, 'swallows whatever it is', qr{^sql/holds/health\.sql$} ],
);

# How the comment of a function says that no role may call it.
my $for_nobody = qr{\A(?:Internal\b|Trigger\b|For operators\b|For the owner\b)|\bSuperuser only\b};

# The statements of a file: offset, text, and the body between dollar quotes. Comments are gone.
sub statements {
    my ($text) = @_;
    my @found;
    my ($all, $body, $start) = ('', '', undef);
    while ($text =~ m{\G(?:(--[^\n]*|^\\[^\n]*)|('(?:[^']|'')*')|(\$\w*\$)(.*?)\3|(;)|(.))}gcsm) {
        my ($comment, $string, $dollar, $inside, $end, $char) = ($1, $2, $3, $4, $5, $6);
        my $at = $-[0];
        next if defined $comment;
        $start //= $at if !defined $char || $char =~ /\S/;
        if ($end) {
            push @found, { at => $start, text => $all, body => $body };
            ($all, $body, $start) = ('', '', undef);
        } elsif (defined $dollar) {
            $body .= $inside =~ s/--[^\n]*//gr;
        } elsif (defined $start) {
            $all .= $string // $char;
        }
    }
    return @found;
}

# The name of what a statement makes or speaks of, without its schema; nothing for temporary things.
sub plain { my ($name) = @_; return $name =~ /^pg_temp\./ ? undef : $name =~ s/^[\w\@]+\.//r; }

# Names in a list of functions or tables, with or without arguments.
sub names_in {
    my ($list) = @_;
    1 while $list =~ s/\([^()]*\)//g;
    return map { plain($_) // () } $list =~ /([\w\@.]+)/g;
}

# What the statements of a file say about each function: made, dropped, revoked, granted, described.
sub facts_of {
    my (@statements) = @_;
    my %fact = (made => [], dropped => {}, revoked => {}, granted => {}, said => {}, other => {});
    my $name = qr{([\w\@.]+)};
    my $unless = qr{(?:IF\s+NOT\s+EXISTS\s+)?};
    my $arguments = qr{(?<arguments>\((?:[^()]|(?&arguments))*\))};
    for my $statement (@statements) {
        my ($at, $text) = @$statement{qw(at text)};
        if ($text =~ /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s+$name\s*$arguments/) {
            my ($plain, $head) = (plain($1), $');
            push @{ $fact{made} }, { %$statement, name => $plain, head => $head } if defined $plain;
        } elsif ($text =~ /^CREATE\s+(?:MATERIALIZED\s+)?(TABLE|VIEW|TYPE|DOMAIN)\s+$unless$name/) {
            $fact{other}{"$1 $2"} = $at;
        } elsif ($text =~ /^DROP\s+(?:FUNCTION|PROCEDURE)\s+IF\s+EXISTS\s+$name/) {
            $fact{dropped}{ plain($1) // '' } = $at;
        } elsif ($text =~ /^REVOKE\s+ALL\s+ON\s+ALL\s+FUNCTIONS\b.*\bFROM\s+PUBLIC\b/s) {
            $fact{all_revoked} = $at;
        } elsif ($text =~ /^REVOKE\s.*?\bON\s+FUNCTION\s+(.*)\sFROM\s+PUBLIC\b/s) {
            $fact{revoked}{$_} = 1 for names_in($1);
        } elsif ($text =~ /^GRANT\s+EXECUTE\s+ON\s+FUNCTION\s+(.*)\sTO\s/s) {
            $fact{granted}{$_} = 1 for names_in($1);
        } elsif ($text =~ /^COMMENT\s+ON\s+(\w+)\s+$name.*?\bIS\s+('.*)/s) {
            my ($kind, $of) = ($1, $2);
            my $words = join '', $3 =~ /'((?:[^']|'')*)'/g;
            $fact{said}{ $kind =~ /FUNCTION|PROCEDURE/ ? plain($of) // '' : "$kind $of" } = $words;
        }
    }
    return \%fact;
}

# What a declaration must say.
sub check_declaration {
    my ($file, $line, $function) = @_;
    my ($name, $head) = @$function{qw(name head)};
    my $is_c = $head =~ /\bLANGUAGE\s+c\b/i;
    my @paths = $head =~ /\bSET\s+search_path\s*(?:=|TO)\s*([^\n;]*?)\s*(?=$|\n|\bAS\b|\bSET\b)/gi;
    fault($file, $line, "$name does not say VOLATILE, STABLE or IMMUTABLE")
        if $head !~ /\b(?:VOLATILE|STABLE|IMMUTABLE)\b/;
    fault($file, $line, "$name does not say PARALLEL SAFE, RESTRICTED or UNSAFE")
        if $head !~ /\bPARALLEL\s+(?:SAFE|RESTRICTED|UNSAFE)\b/;
    if ($is_c) {
        fault($file, $line, "$name is in C and needs no search_path, which costs time") if @paths;
    } else {
        # What runs as the superuser must not look where the owner of the schema may put things.
        my $as_superuser = $file =~ $extension && $head =~ /\bSECURITY\s+DEFINER\b/i;
        my $path         = $as_superuser ? 'pg_catalog, pg_temp' : 'tix, pg_catalog, pg_temp';
        fault($file, $line, "$name must SET search_path = $path") if "@paths" ne $path;
    }
    fault($file, $line, "$name runs dynamic SQL with its owner's rights")
        if $head =~ /\bSECURITY\s+DEFINER\b/ && $function->{body} =~ /\bEXECUTE\b/i;
    return;
}

# Who may call it, and whether that and all else is written down.
sub check_surroundings {
    my ($file, $line, $function, $fact) = @_;
    my $name = $function->{name};
    my $said = $fact->{said}{$name};
    fault($file, $line, "$name has no COMMENT ON FUNCTION") if !defined $said;
    if ($file =~ $extension) {
        fault($file, $line, "$name may be called by PUBLIC: no REVOKE ON ALL FUNCTIONS follows")
            if ($fact->{all_revoked} // -1) < $function->{at};
        return;
    }
    fault($file, $line, "$name may be called by PUBLIC: no REVOKE names it")
        if !$fact->{revoked}{$name};
    fault($file, $line, "$name is granted to nobody, and its comment does not say why")
        if !$fact->{granted}{$name} && ($said // '') !~ $for_nobody;
    fault($file, $line, "$name has no DROP FUNCTION IF EXISTS before it: the file cannot run again")
        if ($fact->{dropped}{$name} // $function->{at}) >= $function->{at} && $file !~ m{/\d+_\w+};
    return;
}

sub check_file {
    my ($file) = @_;
    return if $file !~ $both;
    my $text = read_file($file);
    forbid(\@words, $file, script_text($text, '--'));
    my $fact = facts_of(statements($text));
    for my $function (@{ $fact->{made} }) {
        my $line = line_at($text, $function->{at});
        check_declaration($file, $line, $function);
        check_surroundings($file, $line, $function, $fact);
    }
    for my $made (sort keys %{ $fact->{other} }) {
        fault($file, line_at($text, $fact->{other}{$made}), "$made has no COMMENT")
            if !defined $fact->{said}{$made};
    }
    return;
}

1;
