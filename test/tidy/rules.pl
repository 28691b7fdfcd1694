# Reads the named files and prints one line for each broken rule: "file:line: what is wrong".
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Basename qw(dirname basename);
use open qw(:std :encoding(UTF-8));

my $max_lines   = 400;
my $max_columns = 100;

# Files whose text others produce: expected output, plans, licences.
my $foreign = qr{(^|/)(expected|plans|LICENSES)/|\.(json|gz|png|svg|out)$|(^|/)LICENSE$};
my $code    = qr{\.(cpp|hpp|cc|h|c|def|sql|sh|pl|pm|spec|py)$|(^|/)Makefile$};

# What a foreign header may be included by, one folder each; tests may include anything.
my @foreign_headers = (
    [ qr{^libpq-fe\.h|^libpq/},      qr{^gateway/(db|tools)/},   'gateway/db or gateway/tools' ],
    [ qr{^nlohmann/},                qr{^gateway/(plan|json)/},  'gateway/plan or gateway/json' ],
    [ qr{^httplib\.h},               qr{^gateway/http/},         'gateway/http' ],
    [ qr{^(openssl/|sodium\.h)},     qr{^gateway/crypto/},       'gateway/crypto' ],
    [ qr{^toml\+\+/},                qr{^gateway/config/},       'gateway/config' ],
    [ qr{^spdlog/},                  qr{^gateway/log/},          'gateway/log' ],
    [ qr{^prometheus/},              qr{^gateway/metrics/},      'gateway/metrics' ],
    [ qr{^qrencode\.h},              qr{^gateway/qr/},           'gateway/qr' ],
    [ qr{^zlib\.h},                  qr{^gateway/(plan|tools)/}, 'gateway/plan or gateway/tools' ],
    [ qr{^(postgres|fmgr|c)\.h$},    qr{^extension/src/pg/pg\.hpp$}, 'extension/src/pg/pg.hpp' ],
);

# The rooms of the gateway and which rooms each may look into: values at the bottom, programs at
# the top, no way back up.
my %gateway_rooms = (
    base => '', crypto => 'base', json => 'base', qr => '', config => '', metrics => '',
    limits => 'base', db => '', plan => 'crypto', log => 'json', http => '',
    auth => 'base crypto json limits',
    providers => 'base crypto http json', mock => 'base http json providers',
    feed => 'base db http log metrics',
    pipeline => 'auth base config crypto db feed http json limits log metrics providers',
    routes => 'auth base config crypto db feed http json log pipeline providers qr',
    app => 'auth base config crypto db feed http limits log metrics pipeline providers routes',
    tools => 'app config crypto db http json mock plan routes',
);

# C++ headers that bring clocks, allocation, threads, exceptions or I/O.
my $core_headers = qr{^(mutex|shared_mutex|thread|condition_variable|future|chrono|ctime|memory|
    memory_resource|string|vector|map|set|unordered_map|unordered_set|deque|list|queue|functional|
    random|iostream|fstream|sstream|cstdio|cstdlib|stdexcept|exception|csetjmp|any|regex|
    .*\.h)$}x;

# Words that must not stand in the code of a folder; comments and strings do not count.
my @forbidden_words = (
    [ qr{^extension/src/core/}, qr{\bnew\s+(?!\()[A-Za-z_:]},        'allocates with new' ],
    [ qr{^extension/src/core/}, qr{\bdelete\s*(\[\s*\]\s*)?[a-z_]},  'frees with delete' ],
    [ qr{^extension/src/core/}, qr{\b(malloc|calloc|realloc|palloc0?)\s*\(}, 'allocates' ],
    [ qr{^extension/src/core/}, qr{\bstd::(mutex|chrono|string|vector|function|thread)\b},
        'uses a forbidden part of std' ],
    [ qr{^extension/src/core/}, qr{\b(clock_gettime|gettimeofday|time)\s*\(\s*(NULL|nullptr|CLOCK)},
        'reads a clock' ],
    [ qr{^extension/src/core/}, qr{\b(ereport|elog)\s*\(},           'calls PostgreSQL' ],
    [ qr{^extension/src/},      qr{\b(throw|try|catch)\b},           'uses exceptions' ],
    [ qr{^extension/src/pg/},   qr{\bstd::(string|vector|map|function|unique_ptr|shared_ptr)\b},
        'holds an object that a longjmp would leak' ],
);

# Paths that only exist on somebody's machine.
my $here         = getcwd();
my $machine_path = qr{(?<![\w.:/\$\}-])(/(work|farm|Users|root)/|/home/\w|\Q$here\E/)};
my $marker       = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'X' x 3;

my %is_file = map { $_ => 1 } @ARGV;

sub fault { my ($file, $line, $text) = @_; print "$file:$line: $text\n"; return; }

# Blanks comments and string contents, keeping the line structure.
sub without_comments {
    my ($text) = @_;
    $text =~ s{(//[^\n]*|/\*.*?\*/)|("(?:\\.|[^"\\\n])*")|('(?:\\.|[^'\\\n])+')}{
        my $found = $&;
        defined $1 ? $found =~ s/[^\n]/ /gr : defined $2 ? '""' : "' '" }gse;
    return $text;
}

# Resolves an include relative to the file that names it.
sub target_of {
    my ($file, $name) = @_;
    my $target = dirname($file) . "/$name";
    1 while $target =~ s{[^/]+/\.\./}{};
    return $target;
}

# A room of the gateway looks only into itself and the rooms below it, and into errors.def.
sub check_room {
    my ($file, $line, $room, $name) = @_;
    my $target = target_of($file, $name);
    return if $target eq 'extension/src/core/errors.def';
    my ($other) = $target =~ m{^gateway/(\w+)/};
    if (!exists $gateway_rooms{$room}) {
        fault($file, $line, "gateway/$room is no room that test/tidy/rules.pl knows");
    } elsif (!defined $other) {
        fault($file, $line, qq{"$name" is outside the gateway});
    } elsif (!grep { $_ eq $other } $room, split / /, $gateway_rooms{$room}) {
        fault($file, $line, "gateway/$room must not look into gateway/$other");
    }
    return;
}

# The wall between core, glue and gateway, and one foreign header per folder.
sub check_include {
    my ($file, $line, $kind, $name) = @_;
    check_room($file, $line, $1, $name) if $kind eq '"' && $file =~ m{^gateway/(\w+)/};
    my ($folder) = $file =~ m{^extension/src/(core|pg)/};
    for my $rule (@foreign_headers) {
        my ($header, $where, $text) = @$rule;
        fault($file, $line, "<$name> may be included only by $text")
            if $name =~ $header && $file !~ $where;
    }
    return if !$folder || $file =~ m{/pg\.hpp$};
    if ($kind eq '<') {
        fault($file, $line, "src/core must not include <$name>")
            if $folder eq 'core' && $name =~ $core_headers;
        fault($file, $line, "<$name>: server and system headers come through pg.hpp")
            if $folder eq 'pg' && $name =~ /\.h$/;
        return;
    }
    my $target = target_of($file, $name);
    my $inside = $is_file{$target} ? $target : "extension/src/$name";
    my $allowed = $folder eq 'core' ? qr{^extension/src/core/} : qr{^extension/src/(core|pg)/};
    fault($file, $line, qq{src/$folder must not include "$name"})
        if !$is_file{$inside} || $inside !~ $allowed;
    return;
}

sub check_cpp {
    my ($file, $text) = @_;
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        check_include($file, $number, $1, $2) if $line =~ /^\s*#\s*include\s*([<"])([^>"]+)/;
    }
    $number = 0;
    for my $line (split /\n/, without_comments($text)) {
        $number++;
        for my $rule (@forbidden_words) {
            my ($folder, $word, $what) = @$rule;
            fault($file, $number, "$what: $&") if $file =~ $folder && $line =~ $word;
        }
    }
    return;
}

# The gateway holds no truth: it only calls functions of the schema, with parameters.
sub check_statements {
    my ($file, $text) = @_;
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        fault($file, $number, "runs SQL that is no call of a tix function: $1")
            if $line =~ /"((?:SELECT|INSERT|UPDATE|DELETE|WITH|BEGIN|SET|LISTEN) [^"]*)/
            && $1 !~ /^SELECT \* FROM tix\.tix_\w+\(/;
        fault($file, $number, "$1 is not for the gateway: PQsendQueryParams only")
            if $line =~ /\b(PQexec|PQprepare|PQsendQuery|PQsendPrepare)\s*\(/;
    }
    return;
}

sub check_shape {
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

sub check_words {
    my ($file, @lines) = @_;
    for my $index (0 .. $#lines) {
        fault($file, $index + 1, "unfinished work: $&") if $lines[$index] =~ /\b($marker)\b/;
        fault($file, $index + 1, "a path of one machine: $&") if $lines[$index] =~ $machine_path;
    }
    return;
}

# Prints the anchors that a Markdown renderer makes of the headings.
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
    my ($file, $text) = @_;
    $text =~ s/^```.*?^```/$& =~ s{[^\n]}{}gr/gmse;
    $text =~ s/`[^`\n]*`//g;
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        while ($line =~ /\]\(<?([^)\s>]+)>?[^)]*\)/g) {
            my ($path, $anchor) = split /#/, $1, 2;
            next if $path =~ /^[a-z]+:/;
            my $target = $path eq '' ? $file : dirname($file) . "/$path";
            if (!-e $target) { fault($file, $number, "broken link: $path"); next; }
            next if !defined $anchor || $target !~ /\.md$/;
            fault($file, $number, "broken link: no heading #$anchor in $target")
                if !anchors(read_file($target))->{$anchor};
        }
    }
    return;
}

# A test with expected output needs both halves, else nothing runs or compares it.
sub check_pairs {
    for my $file (@ARGV) {
        if ($file =~ m{^(test/\w+)/(?:sql|specs)/(\w+)\.(sql|spec)$}) {
            fault($file, 1, "has no $1/expected/$2.out") if !$is_file{"$1/expected/$2.out"};
        } elsif ($file =~ m{^(test/\w+)/expected/(\w+?)(_\d)?\.out$}) {
            my ($folder, $name, $variant) = ($1, $2, $3 // '');
            fault($file, 1, 'no test produces this output')
                if !grep { $is_file{"$folder/$_"} } map {
                    ("sql/$_.sql", "specs/$_.spec", "$_.sql", "$_.spec") } $name, "$name$variant";
        }
    }
    return;
}

sub read_file {
    my ($file) = @_;
    open my $handle, '<:raw', $file or die "$file: $!\n";
    local $/;
    my $bytes = <$handle> // '';
    utf8::decode($bytes);
    return $bytes;
}

for my $file (@ARGV) {
    next if -B $file && !-z $file;
    my $text  = read_file($file);
    my @lines = split /\n/, $text;
    check_words($file, @lines) if $file !~ m{(^|/)(plans|LICENSES)/};
    check_links($file, $text)  if $file =~ /\.md$/ && $file !~ $foreign;
    next if $file =~ $foreign;
    check_shape($file, @lines) if $file =~ $code || ($lines[0] // '') =~ /^#!/;
    check_statements($file, $text) if $file =~ m{^gateway/(?!plan|tools)\w+/.*\.[ch]pp$};
    check_cpp($file, $text)    if $file =~ /\.(cpp|hpp|cc|h|c|def)$/ && $file !~ m{^test/};
}
check_pairs();
