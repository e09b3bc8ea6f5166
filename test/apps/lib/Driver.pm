package Driver;

# A program that drives an application: it reads a line of JSON, does something, and answers with a line of JSON.
use strict;
use warnings;

use IPC::Run;
use JSON::PP;

my $json = JSON::PP->new->canonical->allow_nonref;

# Starts a program with variables of its environment.
sub start
{
	my ($class, $environment, @command) = @_;
	my $self = bless { in => '', out => '', log => '' }, $class;
	local %ENV = (%ENV, %$environment);

	$self->{process} = IPC::Run::start(\@command, '<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{log}, IPC::Run::timeout(300));
	return $self;
}

# Has the application do something at a time, given as seconds since 1970; returns its answer.
sub ask
{
	my ($self, $at, $do, %args) = @_;

	$self->{in} .= $json->encode({ %args, at => $at, do => $do }) . "\n";
	$self->{process}->pump until $self->{out} =~ /\n/ || !$self->{process}->pumpable;
	$self->{out} =~ s/^(.*)\n// or die "the driver ended: $self->{log}";
	my $answer = $json->decode($1);
	die "$do: $answer->{error}\n$self->{log}" if ref $answer eq 'HASH' && $answer->{error};
	return $answer;
}

# Ends the program; returns what it logged.
sub stop
{
	my ($self) = @_;

	$self->{process}->finish;
	return $self->{log};
}

1;
