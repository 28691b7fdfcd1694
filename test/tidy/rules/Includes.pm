# The walls: which file may include what.
package rules::Includes;
use strict;
use warnings;
use File::Basename qw(dirname);
use rules::Tree qw(fault has_file kind_of read_file);

# What a foreign header may be included by, one folder each; tests may include anything.
my @foreign_headers = (
    [ qr{^libpq-fe\.h|^libpq/},      qr{^gateway/(db|tools)/},   'gateway/db or gateway/tools' ],
    [ qr{^nlohmann/},                qr{^gateway/(plan|json)/},  'gateway/plan or gateway/json' ],
    [ qr{^httplib\.h},               qr{^gateway/http/},         'gateway/http' ],
    [ qr{^openssl/}, qr{^(gateway/crypto/|extension/src/pg/signing\.cpp$)},
        'gateway/crypto or extension/src/pg/signing.cpp' ],
    [ qr{^sodium\.h},                qr{^gateway/crypto/},       'gateway/crypto' ],
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
    auth => 'base config crypto json limits log',
    providers => 'base crypto http json limits log metrics', mock => 'base http json providers',
    bots => 'base crypto db log metrics', locks => 'db json',
    feed => 'base db http log metrics', payments => 'base crypto db log metrics providers',
    webhooks => 'base crypto db http log metrics', queue => 'base crypto db log',
    pipeline => 'auth base bots config crypto db feed http json limits locks log metrics payments
        providers queue',
    routes => 'auth base config crypto db feed http json log pipeline plan providers qr
        queue',
    app => 'auth base bots config crypto db feed http limits locks log metrics payments pipeline
        providers queue routes webhooks',
    tools => 'app config crypto db http json mock plan routes',
);

# C++ headers that bring clocks, allocation, threads, exceptions or I/O.
my $core_headers = qr{^(mutex|shared_mutex|thread|condition_variable|future|chrono|ctime|memory|
    memory_resource|string|vector|map|set|unordered_map|unordered_set|deque|list|queue|functional|
    random|iostream|fstream|sstream|cstdio|cstdlib|stdexcept|exception|csetjmp|any|regex|
    .*\.h)$}x;

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
        fault($file, $line, "gateway/$room is no room that test/tidy/rules/Includes.pm knows");
    } elsif (!defined $other) {
        fault($file, $line, qq{"$name" is outside the gateway});
    } elsif (!grep { $_ eq $other } $room, split ' ', $gateway_rooms{$room}) {
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
            if $folder eq 'pg' && $name =~ /\.h$/ && $name !~ m{^openssl/};
        return;
    }
    my $target = target_of($file, $name);
    my $inside = has_file($target) ? $target : "extension/src/$name";
    my $allowed = $folder eq 'core' ? qr{^extension/src/core/} : qr{^extension/src/(core|pg)/};
    fault($file, $line, qq{src/$folder must not include "$name"})
        if !has_file($inside) || $inside !~ $allowed;
    return;
}

sub check_file {
    my ($file) = @_;
    return if kind_of($file) ne 'cpp' || $file =~ m{^test/};
    my $number = 0;
    for my $line (split /\n/, read_file($file)) {
        $number++;
        check_include($file, $number, $1, $2) if $line =~ /^\s*#\s*include\s*([<"])([^>"]+)/;
    }
    return;
}

1;
