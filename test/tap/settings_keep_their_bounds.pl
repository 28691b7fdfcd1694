# Every setting refuses what lies beyond its bounds, what has a wrong unit or is no number at all;
# those said to change by a reload do, and an unknown one is refused.
use strict;
use warnings;
use Test::More;
use TixNode;

my $node = TixNode->fresh('settings');
$node->furnish;
my @settings = map { [ split /\|/, $_, -1 ] } split /\n/, $node->ask(
    "SELECT name, vartype, context, min_val, max_val, unit, setting FROM pg_settings"
      . " WHERE name LIKE 'tix.%' ORDER BY name");
cmp_ok(scalar @settings, '>=', 18, scalar(@settings) . ' settings');

# Whether ALTER SYSTEM takes the value; it checks settings of every context.
sub taken
{
    my ($name, $value) = @_;
    my ($code) = $node->failure("ALTER SYSTEM SET $name = '$value'");
    $node->ask("ALTER SYSTEM RESET $name");
    return $code =~ /^none/ ? 'taken' : $code;
}

my %other = (B => '1 s', kB => '1 s', MB => '1 s', ms => '1 MB', s => '1 MB', min => '1 MB');
for my $setting (@settings)
{
    my ($name, $type, $context, $min, $max, $unit) = @$setting;
    if ($type eq 'bool')
    {
        is(taken($name, 'perhaps'), '22023', "$name is a switch");
    }
    next if $type ne 'integer';
    is(taken($name, $min),     'taken', "$name may be $min");
    is(taken($name, $max),     'taken', "$name may be $max");
    is(taken($name, $min - 1), '22023', "$name may not be below $min");
    is(taken($name, $max + 1), '22023', "$name may not be above $max");
    is(taken($name, 'much'),   '22023', "$name may not be a word");
    is(taken($name, $unit ? $other{$unit} : '10 s'), '22023', "$name may not be in another unit");
}
is(taken('tix.partitions', 3), '22023', 'partitions must be a power of two');
is(taken('tix.change_ring_size', 5000), '22023', 'the ring too');
is(($node->failure("SET tix.no_such_setting = '1'"))[0], '42602', 'an unknown name is refused');

# By its context: a reload changes it, a session may, or nothing but a restart does.
for my $setting (grep { $_->[1] eq 'integer' } @settings)
{
    my ($name, undef, $context, $min, $max, undef, $now) = @$setting;
    my $value = $now == $max ? $min : $max;
    $value = $now == 64 ? 128 : $now * 2 if $name =~ /partitions|ring_size/;
    my $query = "SELECT setting = '$value', pending_restart FROM pg_settings WHERE name = '$name'";
    if ($context eq 'user' || $context eq 'superuser')
    {
        is($node->ask("SET $name = $value; $query"), 't|f', "$name changes in a session");
        next;
    }
    like(($node->failure("SET $name = $value"))[0], qr/^55P02$/, "$name does not in a session");
    $node->ask("ALTER SYSTEM SET $name = $value");
    $node->ask('SELECT pg_reload_conf()');
    my $wanted = $context eq 'sighup' ? 't|f' : 'f|t';
    ok($node->poll_query_until('postgres', $query, $wanted), "$name is of context $context");
    $node->ask("ALTER SYSTEM RESET $name");
}
$node->ask('SELECT pg_reload_conf()');
$node->ask('CREATE ROLE clerk');
for my $setting (grep { $_->[2] eq 'superuser' } @settings)
{
    is(($node->failure("SET ROLE clerk; SET $setting->[0] = DEFAULT"))[0], '42501',
        "$setting->[0] is the superuser's");
}
# What ran before the reloads runs on with the old values.
$node->ask('SELECT FROM make_session(1, 1, 1, 4)');
is($node->ask("SELECT ok FROM tix_lock_seat(s(1), 'A-1-1', u(1))"), 't', 'and sales go on');
$node->stop;
done_testing();
