# The library that ships has no stop point: neither the names nor the functions to set them.
use strict;
use warnings;
use Test::More;
use TixPoints;

chomp(my $shipped = `pg_config --pkglibdir`);
my $node = TixPoints->fresh('points');
$node->furnish;
my @names = split /\n/, $node->ask('SELECT name FROM tix_points()');
cmp_ok(scalar @names, '>=', 25, @names . ' points are named');
my %library = map { $_ => PostgreSQL::Test::Utils::slurp_file("$_/tix.so") } $shipped,
  "$ENV{TIX_POINTS_HOME}/lib";
for my $name ((map { "\0$_\0" } @names), 'tix_point_set', 'tix_points', 'pass_point')
{
    my $plain = $name =~ s/\0//gr;
    my ($in_release, $in_test) =
      map { index($library{$_}, $name) >= 0 } $shipped, "$ENV{TIX_POINTS_HOME}/lib";
    ok(!$in_release && $in_test, "$plain is in the build for tests alone");
}

# Each point says what it is, and refuses to fail where nothing may.
is($node->ask("SELECT count(*) FROM tix_points() WHERE kind NOT IN ('open', 'held', 'nofail')"
          . " OR what = '' OR waiter <> 0"), 0, 'each has a kind and a text');
like(($node->failure("SELECT tix_point_set('commit_recorded', 'error')"))[1],
    qr/nothing may fail at point/, 'an error is refused where it would be a PANIC');
like(($node->failure("SELECT tix_point_set('nowhere', 'wait')"))[1], qr/"nowhere" is unknown/,
    'so is an unknown name');
$node->stop;
done_testing();
