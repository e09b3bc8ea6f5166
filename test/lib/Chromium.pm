package Chromium;

# A headless Chromium that a test drives by the DevTools protocol, over a pair
# of pipes: what a page shows, says to a screen reader, asks the network for
# and writes to the console.
use strict;
use warnings;

use Fcntl qw(F_DUPFD);
use IO::Select;
use JSON::PP;
use POSIX ();

# Returns the program, or undef if there is none.
sub program
{
	for my $name (qw(chromium-headless-shell chromium chromium-browser google-chrome))
	{
		for my $dir (split /:/, $ENV{PATH})
		{
			# a snap cannot read the folders of a test
			return "$dir/$name" if -x "$dir/$name" && (readlink("$dir/$name") // '') !~ /snap/;
		}
	}
	return;
}

# Starts a browser that keeps its files in a folder, and opens a blank page.
sub start
{
	my ($class, $folder) = @_;

	pipe my $command_out, my $command_in or die "pipe: $!";
	pipe my $answer_out, my $answer_in or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		# it reads commands from descriptor 3 and answers on 4; above 10 the two ends are out of the way first
		my ($in, $out) = map { fcntl $_, F_DUPFD, 10 } $command_out, $answer_in;
		POSIX::dup2($in, 3);
		POSIX::dup2($out, 4);
		open STDOUT, '>', "$folder/chromium.log";
		open STDERR, '>&', \*STDOUT;
		$ENV{HOME} = $folder;
		exec program(), '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
		  '--disable-component-update', '--no-first-run', '--hide-scrollbars', "--user-data-dir=$folder/profile", '--remote-debugging-pipe', 'about:blank'
		  or POSIX::_exit(127);
	}
	my $self = bless { pid => $pid, in => $command_in, out => $answer_out, buffer => '', id => 0, events => [] }, $class;
	my ($page) = grep { $_->{type} eq 'page' } @{ $self->call('Target.getTargets')->{targetInfos} };
	$page //= { targetId => $self->call('Target.createTarget', url => 'about:blank')->{targetId} };
	$self->{session} = $self->call('Target.attachToTarget', targetId => $page->{targetId}, flatten => JSON::PP::true)->{sessionId};
	$self->call("$_.enable") for qw(Page Runtime Log Network DOM Accessibility);
	return $self;
}

# Sends a command and returns its result; dies if there is none within a minute.
sub call
{
	my ($self, $method, %params) = @_;
	my $id = ++$self->{id};

	local $SIG{PIPE} = 'IGNORE';
	syswrite $self->{in}, encode_json({ id => $id, method => $method, params => \%params, ($self->{session} ? (sessionId => $self->{session}) : ()) }) . "\0"
	  or die "chromium is gone";
	while (1)
	{
		my $message = $self->message($method);
		if (($message->{id} // 0) != $id) { push @{ $self->{events} }, $message if $message->{method}; next }
		die "$method: $message->{error}{message}" if $message->{error};
		return $message->{result};
	}
}

# Waits for the next message of the browser.
sub message
{
	my ($self, $what) = @_;

	my $end;

	while (($end = index $self->{buffer}, "\0") < 0)
	{
		IO::Select->new($self->{out})->can_read(60) or die "no answer from chromium to $what";
		sysread $self->{out}, $self->{buffer}, 1 << 16, length $self->{buffer} or die 'chromium has ended';
	}
	my $text = substr $self->{buffer}, 0, $end + 1, '';
	chop $text;
	return decode_json($text);
}

# Opens an address and waits until the page and all that it asks for is loaded; returns what the browser told meanwhile.
sub open_page
{
	my ($self, $url) = @_;

	$self->{events} = [];
	my $result = $self->call('Page.navigate', url => $url);
	die "$url: $result->{errorText}" if $result->{errorText};
	push @{ $self->{events} }, $self->message($url) until grep { $_->{method} eq 'Page.loadEventFired' } @{ $self->{events} };
	$self->evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))');
	return @{ $self->{events} };
}

# Evaluates an expression in the page and returns its value.
sub evaluate
{
	my ($self, $expression) = @_;
	my $result = $self->call('Runtime.evaluate', expression => $expression, returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true);

	die $result->{exceptionDetails}{exception}{description} // $result->{exceptionDetails}{text} if $result->{exceptionDetails};
	return $result->{result}{value};
}

# Presses and releases a key.
sub press
{
	my ($self, $key, $code) = @_;

	$self->call('Input.dispatchKeyEvent', type => $_, key => $key, code => $key, windowsVirtualKeyCode => $code) for qw(rawKeyDown keyUp);
	return;
}

# Ends the browser.
sub stop
{
	my ($self) = @_;

	return unless $self->{pid};
	my $pid = delete $self->{pid};
	delete $self->{session};
	eval { $self->call('Browser.close') };
	for (1 .. 50)
	{
		return if waitpid($pid, POSIX::WNOHANG()) != 0;
		select undef, undef, undef, 0.1;
	}
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return;
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $@);
	$self->stop;
	return;
}

1;
