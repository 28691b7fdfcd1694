# What must not be called or said, language by language and folder by folder.
package rules::Calls;
use strict;
use warnings;
use rules::Tree qw(fault forbid kind_of line_at read_file script_text without_comments);

my $gateway = qr{^gateway/};
my $rooms   = qr{^gateway/(?!tools/)};
my $core    = qr{^extension/src/core/};
my $shipped = qr{^(?:extension|gateway)/};

# C++ code; comments and the contents of strings do not count.
my @cpp = (
    [ $core, qr{\bnew\s+(?!\()[A-Za-z_:]},                    'allocates with new' ],
    [ $core, qr{\bdelete\s*(\[\s*\]\s*)?[a-z_]},              'frees with delete' ],
    [ $core, qr{\b(malloc|calloc|realloc|palloc0?)\s*\(},     'allocates' ],
    [ $core, qr{\bstd::(mutex|chrono|string|vector|function|thread)\b},
        'uses a forbidden part of std' ],
    [ $core, qr{\b(clock_gettime|gettimeofday|time)\s*\(\s*(NULL|nullptr|CLOCK)}, 'reads a clock' ],
    [ $core, qr{\b(ereport|elog)\s*\(},                       'calls PostgreSQL' ],
    [ qr{^extension/src/}, qr{\b(throw|try|catch)\b},         'uses exceptions' ],
    [ qr{^extension/src/pg/}, qr{\bstd::(string|vector|map|function|unique_ptr|shared_ptr)\b},
        'holds an object that a longjmp would leak' ],
    [ qr{}, qr{\b(strcpy|strcat|sprintf|vsprintf|gets|alloca)\s*\(}, 'writes without a bound' ],
    [ qr{}, qr{\b(strtok|localtime|gmtime|asctime|ctime)\s*\(}, 'shares a buffer between threads' ],
    [ qr{}, qr{\bs?rand\s*\(},                                'is no random source of ours' ],
    [ qr{}, qr{\b(setjmp|longjmp|sigsetjmp|siglongjmp)\s*\(}, 'jumps over destructors' ],
    [ qr{}, qr{\busing\s+namespace\s+std\s*;},                'takes all of std' ],
    [ qr{}, qr{\bstd::endl\b},                                'flushes at each line' ],
    [ qr{}, qr{\bdetach\s*\(\s*\)},                           'leaves a thread alone' ],
    # The tests of tix-import start it as a user would.
    [ qr{}, qr{(?<![\w.>])(system|popen)\s*\(},               'starts a shell',
        qr{^test/import/cli_test\.cpp$} ],
    [ $shipped, qr{\b(atoi|atol|atoll|atof)\s*\(},            'takes rubbish for 0' ],
    [ $shipped, qr{\b(getenv|secure_getenv)\s*\(},            'reads the environment' ],
    [ $gateway, qr{\bstd::(cout|cerr|clog)\b},                'prints beside the log' ],
    [ $rooms, qr{\b(printf|puts|putchar|fprintf|fputs|perror)\s*\(}, 'prints beside the log' ],
    [ $rooms, qr{(?<![\w.>])exit\s*\(},                       'ends the process' ],
    # It has no more room and nobody to wake it: the kernel's queue holds the next connection.
    [ $gateway, qr{\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\(},
        'sleeps instead of waiting for something', qr{^gateway/http/server\.cpp$} ],
);

# C++ again, with its strings: what would outlive a transaction in a pooled connection.
my @statements = (
    [ $gateway, qr{"[^"]*\b((UN)?LISTEN\s|NOTIFY\s|SET\s+(SESSION|LOCAL|ROLE)|set_config\(|
        pg_(try_)?advisory_lock|PREPARE\s|DISCARD\s|DECLARE\s)}x, 'keeps state in the pool' ],
    [ qr{^gateway/(?!plan/|tools/)}, qr{\b(PQexec|PQprepare|PQsendQuery|PQsendPrepare)\s*\(},
        'is not for the gateway, PQsendQueryParams only' ],
    [ qr{^gateway/(?!plan/|tools/)},
        qr{"(?!SELECT\ \*\ FROM\ tix\.tix_\w+\()(SELECT|INSERT|UPDATE|DELETE|WITH|BEGIN|SET)\ }x,
        'runs SQL that is no call of a tix function' ],
);

my $command = qr{(?:^|[;&|(\{]|\b(?:then|do|else|if|while|until)\b|!)\s*};
my $quoted = qr{(?:"[^"]*"|'[^']*'|[^\s"'\$;&|])};
my @bash = (
    [ qr{}, qr{${command}eval\s},                             'runs text as code' ],
    [ qr{}, qr{${command}(pkill|killall|fuser\s+-k)\b},       'kills by name' ],
    [ qr{}, qr{\bkill\s+(-\w+\s+)?(--\s+)?-1\b},              'kills everything' ],
    [ qr{}, qr{\brm\s+-\w*r\w*(?:\s+$quoted+)*\s+$quoted*\$}, 'removes an unquoted path' ],
    [ qr{}, qr{\b(curl|wget)\b[^;|]*\bhttps?://(?!127\.|localhost\b|\[::1\]|["']?\$)},
        'asks another machine' ],
    [ qr{}, qr{\bmktemp\s+(-\w+\s+)*-\w*u},                   'names a file without making it' ],
    [ qr{^test/}, qr{^\s*(check|expect|refuses|says|answers|plant)\s.*\|\|\s*(true|:)\s*$},
        'takes the teeth out of a check' ],
);

# The kernel hands out ports from 32768 for outgoing connections: a fixed one may be taken.
my @ports = (
    [ qr{}, qr{\b(?:ports?|PORT|listen|127\.0\.0\.1:|localhost:)\b[\s=:"']{0,3}
        (?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-6]\d{4})\b}xi,
        'is a port the kernel uses' ],
);

my @js = (
    [ qr{}, qr{\b(test|describe|it)\.(skip|only|todo)\b},     'a test that is not run' ],
    [ qr{}, qr{\b(skip|only|todo):\s*(true\b|['"`])},         'a test that is not run' ],
    [ qr{}, qr{(?<![\w.])eval\s*\(},                          'runs text as code' ],
);

# Tests that are there and not run, in any other language.
my @tests = (
    [ qr{^test/.*\.cpp$}, qr{\bGTEST_SKIP\b|\bTEST\w*\([^)]*\bDISABLED_},
        'a test that is not run' ],
    [ qr{^test/pgtap/}, qr{\b(skip|todo|todo_start|no_plan)\s*\(}, 'a test that is not run' ],
    [ qr{^test/tap/}, qr{\bSKIP:|\bskip_all\b|\btodo_skip\b}, 'a test that is not run' ],
);

# catch (...) is for putting things in order, and then the exception goes on.
sub check_catch_all {
    my ($file, $text) = @_;
    while ($text =~ /\bcatch\s*\(\s*\.\.\.\s*\)\s*(\{(?:[^{}]|(?1))*\})/g) {
        my ($block, $at) = ($1, $-[0]);
        fault($file, line_at($text, $at), 'catch (...) swallows whatever it is: throw it again')
            if $block !~ /\bthrow\s*;|\bcurrent_exception\b/;
    }
    return;
}

sub check_file {
    my ($file) = @_;
    my $kind = kind_of($file);
    my $text = read_file($file);
    forbid(\@ports, $file, $text) if $kind || $file =~ /\.(conf|ini|toml|ya?ml|t)$/;
    forbid(\@tests, $file, $text) if $file =~ m{^test/(?!tidy/)};
    if ($kind eq 'cpp') {
        my $code = without_comments($text);
        forbid(\@cpp,        $file, $code);
        forbid(\@statements, $file, $text =~ s{^\s*//.*}{}gmr);
        check_catch_all($file, $code);
    } elsif ($kind eq 'js') {
        forbid(\@js, $file, $text =~ s{^\s*//.*}{}gmr);
    } elsif ($kind eq 'bash') {
        forbid(\@bash, $file, script_text($text, '#'));
    }
    return;
}

1;
