package RequestTracker;

# A Request Tracker of our own: its programs are unpacked in the folder SLT_RT, its configuration is written here, and its
# database is on a server of the test.  An installation that the machine has is neither used nor changed.
use strict;
use warnings;

use AppTest;
use Config;
use Driver;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;

# Makes an RT that uses the database of a server; its files go to a folder.
sub new
{
	my ($class, $node, $database, $folder) = @_;
	my $root = "$ENV{SLT_RT}/usr";
	my $self = bless { node => $node, database => $database, folder => $folder }, $class;

	# RT has the places of its files written into it
	my %places = (
		'/usr/share' => "$root/share/request-tracker5",
		'/usr/local/share' => "$folder/local",
		'/etc' => "$folder/etc",
		map { ("/var/$_" => "$folder/var") } qw(cache lib));
	my %moved = (
		"$root/share/request-tracker5/lib/RT/Generated.pm" => "$folder/local/lib/RT/Generated.pm",
		"$root/sbin/rt-setup-database-5" => "$folder/rt-setup-database");
	mkdir $_ for $folder, map { "$folder/$_" } qw(etc etc/none local local/lib local/lib/RT var);
	while (my ($from, $to) = each %moved)
	{
		my $text = slurp_file($from);
		$text =~ s{(['"])(/(?:usr/(?:local/)?share|etc|var/\w+))/request-tracker5}{$1$places{$2}}g;
		write_file($to, $text);
	}
	write_file("$folder/etc/RT_SiteConfig.pm", _configuration($node, $database));
	return $self;
}

# Returns RT's settings: our server by its socket, no mail that leaves, and levels of service.
sub _configuration
{
	my ($node, $database) = @_;
	my ($host, $port) = ($node->host, $node->port);

	return <<"PERL";
Set(\$rtname, 'example.com');
Set(\$Organization, 'example.com');
Set(\$WebDomain, 'localhost');
Set(\$Timezone, 'Africa/Cairo');
Set(\$DatabaseType, 'Pg');
Set(\$DatabaseHost, '$host');
Set(\$DatabasePort, '$port');
Set(\$DatabaseName, '$database');
Set(\$DatabaseUser, 'rt_user');
Set(\$DatabasePassword, 'rt_pass');
Set(\$MailCommand, 'testfile');
Set(\$LogToSTDERR, 'warning');
Set(\$LogToSyslog, undef);
Set(\%GnuPG, Enable => 0);
Set(\%SMIME, Enable => 0);
Set(\$HTMLFormatter, 'core');
Set(\%ServiceAgreements, (
	Default => 'standard',
	Levels => {
		standard => { Response => { RealMinutes => 60 * 24 }, Resolve => { RealMinutes => 60 * 24 * 7 } },
		gold => { Response => { RealMinutes => 60 }, Resolve => { RealMinutes => 60 * 24 } },
	},
));
1;
PERL
}

# Returns the environment that RT's programs need.
sub _environment
{
	my ($self) = @_;
	my $root = $ENV{SLT_RT};

	return (
		PERL5LIB => join(':',
			"$self->{folder}/local/lib", "$root/usr/share/request-tracker5/lib", map { "$root$_" } @Config{qw(vendorarch vendorlib)}),
		LD_LIBRARY_PATH => join(':', "$root/usr/lib/" . ($Config{archname} =~ s/-thread-multi$//r), grep { defined } $ENV{LD_LIBRARY_PATH}),
		RT_SITE_CONFIG => "$self->{folder}/etc/RT_SiteConfig.pm",
		RT_SITE_CONFIG_DIR => "$self->{folder}/etc/none",
		PERL_HASH_SEED => 0,  # what RT writes in the order of a hash, it writes alike
		HOME => $self->{folder});
}

# Makes RT's database with its tables and the data it starts with; returns what that printed, and whether it worked.
sub create_database
{
	my ($self) = @_;
	local %ENV = (%ENV, $self->_environment);
	my ($no_password, $output) = ("\n", '');
	my $dba = (getpwuid $<)[0];
	my $worked = IPC::Run::run([ $^X, "$self->{folder}/rt-setup-database", '--action', 'init', '--dba', $dba, '--dba-password', '' ],
		'<', \$no_password, '>&', \$output);

	return ($worked, $output);
}

# Starts the driver of this RT.
sub start
{
	my ($self) = @_;

	return Driver->start({ $self->_environment }, $^X, source_file('test/apps/rt_drive.pl'));
}

1;
