package Redmine;

# A Redmine of our own: its programs are unpacked in the folder SLT_REDMINE, a copy of them is configured here, and its
# databases are on a server of the test.  An installation that the machine has is neither used nor changed.
use strict;
use warnings;

use AppTest;
use Config;
use Driver;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;

# Makes a Redmine that uses databases of a server, with a clock of some zone; its files go to a folder.
sub new
{
	my ($class, $node, $folder, $zone) = @_;
	my $self = bless { folder => $folder, zone => $zone }, $class;

	IPC::Run::run([ 'cp', '-r', "$ENV{SLT_REDMINE}/usr/share/redmine", $folder ]) or die 'cp failed';
	# links to where an installation would have its settings
	unlink "$folder/Gemfile.lock", "$folder/instances", "$folder/config/database.yml";
	mkdir "$folder/$_" for qw(files log plugins tmp instances instances/default), map { "instances/default/$_" } qw(config files log tmp);
	my $settings = sprintf "production:\n  adapter: postgresql\n  database: <%%= ENV['REDMINE_DATABASE'] %%>\n  host: %s\n  port: %s\n  username: redmine\n  encoding: utf8\n",
	  $node->host, $node->port;
	write_file("$folder/$_/database.yml", $settings) for qw(config instances/default/config);
	my $gemfile = slurp_file("$folder/Gemfile");
	$gemfile =~ s{'/usr/share/redmine/[^']*'}{'$folder/config/database.yml'};
	write_file("$folder/Gemfile", $gemfile);
	# a gem of the distribution is a specification, and its code is elsewhere; Ruby wants a folder all the same
	for my $gem (map { glob "$_/specifications/*.gemspec" } $self->_gem_folders)
	{
		mkdir $gem =~ s{/specifications/}{/gems/}r =~ s{/gems/[^/]*$}{/gems}r;
		mkdir $gem =~ s{/specifications/}{/gems/}r =~ s{\.gemspec$}{}r;
	}
	return $self;
}

# Lists the folders with gems.
sub _gem_folders
{
	my $triplet = $Config{archname} =~ s/-thread-multi$//r;

	return map { glob "$ENV{SLT_REDMINE}/$_" } 'usr/share/rubygems-integration/*', "usr/lib/$triplet/rubygems-integration/*", 'var/lib/gems/*', 'usr/lib/ruby/gems/*';
}

# Returns the environment that Redmine's programs need.
sub _environment
{
	my ($self, $database) = @_;
	my $usr = "$ENV{SLT_REDMINE}/usr";
	my $triplet = $Config{archname} =~ s/-thread-multi$//r;

	return (
		PATH => "$usr/bin:$ENV{PATH}",
		LD_LIBRARY_PATH => join(':', "$usr/lib/$triplet", grep { defined } $ENV{LD_LIBRARY_PATH}),
		RUBYLIB => join(':', map { glob "$usr/lib/$_" } 'ruby/vendor_ruby', "$triplet/ruby/vendor_ruby/*", "$triplet/ruby/[0-9]*", 'ruby/[0-9]*'),
		GEM_HOME => "$self->{folder}/gems",
		GEM_PATH => join(':', $self->_gem_folders),
		HOME => $self->{folder}, RAILS_ENV => 'production', REDMINE_LANG => 'en', SECRET_KEY_BASE => 'none',
		REDMINE_DATABASE => $database, TZ => $self->{zone}, LC_ALL => 'C.UTF-8');
}

# Makes the tables of a database that exists, and the data that Redmine offers to start with; returns what that printed,
# and whether it worked.
sub create_tables
{
	my ($self, $database) = @_;
	local %ENV = (%ENV, $self->_environment($database));
	my $output = '';

	for my $task ('db:migrate', 'redmine:load_default_data')
	{
		IPC::Run::run([ 'ruby', '-C', $self->{folder}, '-S', 'rake', $task ], '>&', \$output) or return (0, $output);
	}
	return (1, $output);
}

# Starts the driver on a database.
sub start
{
	my ($self, $database) = @_;

	return Driver->start({ $self->_environment($database) }, 'ruby', '-C', $self->{folder}, 'bin/rails', 'runner', source_file('test/apps/redmine_drive.rb'));
}

1;
