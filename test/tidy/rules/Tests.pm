# Tests that nothing runs, and files of tests that nothing uses.
package rules::Tests;
use strict;
use warnings;
use File::Basename qw(basename dirname);
use rules::Tree qw(all_files fault has_file is_binary read_file);

# Who runs a kind of file: [files, the file that runs them, the words it does so by, what each must
# hold to be a test]. FOLDER stands for the folder of the file.
my @runners = (
    [ qr{^test/core/\w+\.cpp$}, 'FOLDER/Makefile', '$(wildcard $(TESTS)/*.cpp)' ],
    [ qr{^test/(?:gateway|import)/\w+_test\.cpp$}, 'FOLDER/Makefile', '$(wildcard *_test.cpp)' ],
    [ qr{^test/.*_test\.cpp$}, undef, undef, qr{^(?:TYPED_)?TEST(?:_[FP])?\(}m ],
    [ qr{^test/buyers/\w+\.cpp$}, 'FOLDER/Makefile', '$(wildcard *.cpp ' ],
    [ qr{^test/buyers/\w+/\w+\.cpp$}, 'FOLDER/../Makefile', ' SUBFOLDER/*.cpp' ],
    [ qr{^test/fuzz/\w+_fuzz\.cpp$}, 'FOLDER/Makefile', '$(wildcard *_fuzz.cpp)' ],
    [ qr{^test/history/\w+_test\.cpp$}, 'FOLDER/Makefile', '/checker_test.o' ],
    [ qr{^test/history/\w+/\w+\.cpp$}, 'FOLDER/../Makefile', '$(wildcard SUBFOLDER/*.cpp)' ],
    [ qr{^test/http/[^/]*\.test\.mjs$}, 'FOLDER/suite.sh', '"$lane"/*.test.mjs', qr{^\s*test\(}m ],
    [ qr{^test/pgtap/\w+\.sql$}, 'FOLDER/run.sh', 'pg_prove ./*.sql',
        qr{^SELECT plan\(.*finish\(\)}ms ],
    [ qr{^test/tap/\w+\.pl$}, 'FOLDER/run.sh', '"$lane"/*.pl', qr{\bdone_testing\b|\btests\s*=>} ],
    [ qr{^test/report/\w+\.test\.mjs$}, 'FOLDER/run.sh', '"$lane"/*.test.mjs', qr{^\s*test\(}m ],
    [ qr{^test/report/\w+_test\.cpp$}, 'FOLDER/Makefile', '*_test.cpp' ],
    [ qr{^test/bench/load/\w+\.sql$}, 'FOLDER/../turns.sh', '/load/$script.sql' ],
    [ qr{^test/stack/services/\w+\.sh$}, 'FOLDER/../services.sh', '/services/$name.sh' ],
    [ qr{^test/\w+/sql/\w+\.sql$}, 'FOLDER/../run.sh', 'compare_with_expected ' ],
    [ qr{^test/\w+/specs/\w+\.spec$}, 'FOLDER/../run.sh', '/pg_isolation_regress spec',
        qr{^permutation\b}m ],
    [ qr{^test/tidy/rules/\w+\.pm$}, 'FOLDER/../rules.pl', 'use rules::STEM' ],
    [ qr{^test/tidy/faults/\w+\.txt$}, 'FOLDER/../selftest.pl', '/faults/*.txt' ],
);

# A test with expected output needs both halves, else nothing runs or compares it.
sub check_pairs {
    for my $file (all_files()) {
        if ($file =~ m{^(test/\w+)/(?:sql|specs)/(\w+)\.(sql|spec)$}) {
            fault($file, 1, "has no $1/expected/$2.out") if !has_file("$1/expected/$2.out");
        } elsif ($file =~ m{^(test/\w+)/expected/(\w+?)(_\d)?\.out$}) {
            my ($folder, $name, $variant) = ($1, $2, $3 // '');
            fault($file, 1, 'no test produces this output')
                if !grep { has_file("$folder/$_") } map {
                    ("sql/$_.sql", "specs/$_.spec", "$_.sql", "$_.spec") } $name, "$name$variant";
        }
    }
    return;
}

# Whether a runner of the list takes the file; faults when it does not any more.
sub is_run {
    my ($file) = @_;
    my $taken = 0;
    for my $row (grep { $file =~ $_->[0] } @runners) {
        my (undef, $runner, $words, $test) = @$row;
        fault($file, 1, 'has no test in it') if $test && read_file($file) !~ $test;
        next if !$runner;
        $taken = 1;
        my ($folder, $stem) = (dirname($file), basename($file) =~ s/\..*//r);
        $runner =~ s/FOLDER/$folder/;
        1 while $runner =~ s{[^/]+/\.\./}{};
        $words =~ s/SUBFOLDER/basename($folder)/e;
        $words =~ s/STEM/$stem/;
        fault($file, 1, "nothing runs it: $runner does not say $words")
            if !has_file($runner) || index(read_file($runner), $words) < 0;
    }
    return $taken;
}

# All that is not run by its kind must be named by another file: a lane is by its folder, and what
# belongs to the plans (licences, schema) by their README.
sub check_orphans {
    my %named;
    for my $file (grep { !is_binary($_) && !m{/expected/|^CHANGELOG|\.json$} } all_files()) {
        $named{$_}{$file} = 1 for read_file($file) =~ /([\w.-]+)/g;
    }
    for my $file (grep { m{^test/} && !m{/expected/|/corpus/|^test/plans/\w+/} } all_files()) {
        next if $file =~ m{^test/(?:\w+/)?run\.sh$|/Makefile$} || is_run($file);
        my $name = basename($file);
        my ($stem) = $name =~ /^(.*)\.(?:pm|c|control)$/;
        my %users = map { %{ $named{$_} // {} } } grep { defined } $name, $stem;
        delete $users{$file};
        fault($file, 1, 'nothing runs it and no file names it') if !%users;
    }
    return;
}

# Each name of a list in test/http/suite.sh is a file of tests or a step of the script.
sub check_suite {
    my $suite = 'test/http/suite.sh';
    return if !has_file($suite);
    my $text = read_file($suite);
    my ($list) = $text =~ /^files=\(([^)]*)\)/m or return;
    my %listed = map { $_ => 1 } $list =~ /(\w+)/g;
    for my $name (sort keys %listed) {
        fault($suite, 1, "$name is neither a file of tests nor a step")
            if !has_file("test/http/$name.test.mjs") && $text !~ /^run_$name\(\)/m;
    }
    for my $file (grep { m{^test/http/\w+\.test\.mjs$} } all_files()) {
        fault($file, 1, "nothing runs it: $suite does not list it")
            if !$listed{ basename($file) =~ s/\..*//r };
    }
    return;
}

# Parallel trees: a context of sql/ has its file of pgTAP tests, and each of those a
# context or a file of one, with the context before its name or not.
sub check_contexts {
    my %context = map { m{^sql/(\w+)/} ? ($1 => $_) : () } all_files();
    for my $name (sort keys %context) {
        fault($context{$name}, 1, "the context has no test/pgtap/$name.sql")
            if !has_file("test/pgtap/$name.sql");
    }
    my %part = map { m{^sql/\w+/(\w+)\.sql$} ? ($1 => 1) : () } all_files();
    for my $file (grep { m{^test/pgtap/\w+\.sql$} } all_files()) {
        my $name = basename($file, '.sql');
        fault($file, 1, "there is neither sql/$name/ nor a file $name.sql in a context")
            if !$context{$name} && !$part{$name} && !$context{$name =~ s/_.*//r}
            && $name ne 'privileges';  # of all contexts
    }
    return;
}

sub check_tree {
    check_pairs();
    check_orphans();
    check_suite();
    check_contexts();
    return;
}

1;
