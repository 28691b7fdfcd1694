# A copy of the private PostgreSQL that a test may change, and a made-up next version of tix in it.
package TixInstall;
use strict;
use warnings;
use PostgreSQL::Test::Utils ();

# Copies the installation under test; answers its install_path for PostgreSQL::Test::Cluster.
sub copy
{
    chomp(my $bin = `pg_config --bindir`);
    my ($root, $path) = $bin =~ m{^(.*)(/usr/lib/postgresql/[^/]+)/bin$} or die "odd path $bin";
    my $copy = PostgreSQL::Test::Utils::tempdir();
    system('cp', '-RP', "$root/usr", $copy) == 0 or die 'the installation cannot be copied';
    return $copy . $path;
}

sub share { return $_[0] =~ s{/lib/}{/share/}r . '/extension'; }

# What a later version brings: its library, its control file, its script.
sub add_library
{
    my ($install, $library) = @_;
    system('cp', $library, "$install/lib/tix.so.new") == 0 or die "cannot copy $library";
    rename "$install/lib/tix.so.new", "$install/lib/tix.so" or die "cannot rename: $!";
    return;
}

sub add_sql
{
    my ($install) = @_;
    my $share = share($install);
    my $control = PostgreSQL::Test::Utils::slurp_file("$share/tix.control");
    $control =~ s/^default_version = .*/default_version = '1.1'/m or die 'no default_version';
    unlink "$share/tix.control";
    PostgreSQL::Test::Utils::append_to_file("$share/tix.control", $control);
    PostgreSQL::Test::Utils::append_to_file("$share/tix--1.0--1.1.sql", <<'SQL');
CREATE FUNCTION @extschema@.tix_of_next(bigint, uuid) RETURNS SETOF text
AS 'MODULE_PATHNAME', 'tix_confirm_seats' LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION @extschema@.tix_of_next(bigint, uuid) FROM PUBLIC;
SQL
    return;
}

1;
