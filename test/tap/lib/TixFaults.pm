# A private server whose clock and disk a test can break while it runs (faults.c is preloaded).
package TixFaults;
use strict;
use warnings;
use parent -norequire, 'TixNode';
use TixNode;

my @fields = qw(clock_seconds full_data full_wal broken_fsync);
my $file = PostgreSQL::Test::Utils::tempdir() . '/faults';

sub fresh
{
    my ($class, $name, $settings) = @_;
    set();
    return $class->SUPER::fresh($name, $settings);
}

# The server alone has the library: what starts it passes it on.
sub start
{
    my ($node, @arguments) = @_;
    local $ENV{TIX_FAULTS} = $file;
    local $ENV{LD_PRELOAD} = $ENV{TIX_FAULTS_LIBRARY};
    return $node->SUPER::start(@arguments);
}

sub restart
{
    my ($node) = @_;
    $node->stop;
    $node->start;
    return;
}

# The faults from now on; what is not named is whole.
sub set
{
    my (%fault) = @_;
    open my $out, -e $file ? '+<' : '>', $file or die "cannot write $file: $!";
    print {$out} pack 'q<4', map { $fault{$_} // 0 } @fields;
    close $out or die "cannot write $file: $!";
    return;
}

1;
