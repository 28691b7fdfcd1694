# Reads the named files and prints one line for each broken rule: "file:line: what is wrong".
# With --self-test it also prints the rules that no file has broken.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use open qw(:std :encoding(UTF-8));
use rules::Calls;
use rules::Docs;
use rules::Includes;
use rules::Shape;
use rules::Sql;
use rules::Tables;
use rules::Tests;
use rules::Tree qw(all_files is_binary is_foreign is_planted open_tree silent_rules);

my $self_test = @ARGV && $ARGV[0] eq '--self-test' && shift @ARGV;
$| = 1;
open_tree(grep { !is_planted($_) } @ARGV);
for my $file (all_files()) {
    next if is_binary($file);
    rules::Shape::check_file($file);
    next if is_foreign($file);
    rules::Includes::check_file($file);
    rules::Calls::check_file($file);
    rules::Sql::check_file($file);
    rules::Docs::check_file($file);
}
rules::Tables::check_tree();
rules::Tests::check_tree();
if ($self_test) {
    print "no planted fault: $_\n" for silent_rules();
}
