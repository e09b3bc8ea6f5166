# The image of the extension: what is in it is found by PostgreSQL 18's extension_control_path and dynamic_library_path.
use strict;
use warnings;
use SltTest;
use Test::More;

my ($major) = `pg_config --version` =~ /(\d+)/;
my $tree = "$ENV{SLT_WORK}/tmp/tree";

plan skip_all => 'PostgreSQL 18 is the first that has extension_control_path' if $major < 18;
{
	local $ENV{PG_CONFIG} = $ENV{SLT_PG_CONFIG} // $ENV{PG_CONFIG};  # one that has headers
	is(system(source_file('images/tree'), $tree), 0, 'the tree of the image is made');
}
my $node = new_server('control_path', bare => 1,
	conf => "extension_control_path = '$tree/share'\ndynamic_library_path = '$tree/lib:\$libdir'\nshared_preload_libraries = 'slt'\n");
is($node->safe_psql('postgres', q{SELECT string_agg(name, ',') FROM pg_available_extensions}), 'slt', 'no other extension is found there');
$node->safe_psql('postgres', 'CREATE EXTENSION slt');
is($node->safe_psql('postgres', q{SET timezone = 'UTC'; SELECT slt_deadline('2026-02-02 08:00Z', 'S1', 'Standard')}), '2026-02-04 08:00:00+00', 'slt works');
my $postmaster = (split /\n/, PostgreSQL::Test::Utils::slurp_file($node->data_dir . '/postmaster.pid'))[0];
like(PostgreSQL::Test::Utils::slurp_file("/proc/$postmaster/maps"), qr{\Q$tree\E/lib/slt\.so}, 'with the library of the image');
done_testing();
