# A private server whose tix has stop points, and what a test does with them.
package TixPoints;
use strict;
use warnings;
use parent -norequire, 'TixNode';
use TixNode;
use Test::More;
use Time::HiRes qw(usleep);

sub fresh
{
    my ($class, $name, $settings) = @_;
    return $class->SUPER::fresh($name, $settings, install_path => $ENV{TIX_POINTS_HOME});
}

sub furnish
{
    my ($node) = @_;
    $node->SUPER::furnish;
    $node->ask(<<'SQL');
CREATE FUNCTION tix_point_set(name text, action text, nth integer DEFAULT 1, pid integer DEFAULT 0)
RETURNS void VOLATILE LANGUAGE c AS '$libdir/tix';
CREATE FUNCTION tix_points()
RETURNS TABLE (name text, kind text, what text, hits bigint, waiter integer)
VOLATILE LANGUAGE c AS '$libdir/tix';
SQL
    return;
}

# What is to happen to whoever passes the point next.
sub set
{
    my ($node, $point, $action, $nth) = @_;
    $node->ask("SELECT tix_point_set('$point', '$action', " . ($nth // 1) . ')');
    return;
}

# Lets those go who wait at the point.
sub let_go
{
    my ($node, $point) = @_;
    $node->set($point, 'none');
    return;
}

# Waits until a process waits at the point, and answers which.
sub arrival
{
    my ($node, $point) = @_;
    for (1 .. 500)
    {
        my $pid = $node->ask("SELECT waiter FROM tix_points() WHERE name = '$point'");
        return $pid if $pid;
        usleep(20_000);
    }
    die "nobody came to $point";
}

1;
