#!/usr/bin/perl
# Drives Request Tracker through its own Perl API, and nothing else.  Reads one command a line, a JSON object with the
# keys "at" (seconds since 1970: the time RT shall believe it is), "do" (a name of %commands) and what that takes; answers
# each with one line of JSON.  RT finds its configuration by RT_SITE_CONFIG, and its modules by PERL5LIB.
use strict;
use warnings;

# RT takes the time from Perl, so a history can be played back to the second, and twice the same
my $now = 0;
BEGIN
{
	no warnings 'once';
	*CORE::GLOBAL::time = sub () { return $now || CORE::time(); };
	*CORE::GLOBAL::gmtime = sub (;$) { return CORE::gmtime(@_ ? $_[0] : $now || CORE::time()); };
	*CORE::GLOBAL::localtime = sub (;$) { return CORE::localtime(@_ ? $_[0] : $now || CORE::time()); };
}

use JSON;
use RT -init;
use MIME::Entity;
use RT::Interface::Email;

my $json = JSON->new->canonical->allow_nonref->convert_blessed;

# Returns the user who acts: root by default.
sub actor
{
	my ($name) = @_;
	my $user = RT::CurrentUser->new;

	$name //= 'root';
	$name =~ /\@/ ? $user->LoadByEmail($name) : $user->Load($name);
	die "no user $name\n" unless $user->id;
	return $user;
}

# Returns a ticket, loaded anew, as its actor sees it.
sub ticket
{
	my ($args) = @_;
	my $ticket = RT::Ticket->new(actor($args->{as}));

	$ticket->Load($args->{ticket});
	die "no ticket $args->{ticket}\n" unless $ticket->id;
	return $ticket;
}

# Returns a custom field by its name.
sub custom_field
{
	my ($name) = @_;
	my $field = RT::CustomField->new(RT->SystemUser);

	$field->Load($name);
	die "no custom field $name\n" unless $field->id;
	return $field;
}

# Returns a message of the given text.
sub message
{
	my ($text) = @_;

	return MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Data => [ $text // 'text' ]);
}

# Returns what an RT method returned: whether it worked, and its message; the other values are objects.
sub outcome
{
	return [ map { ref ? ref : $_ } @_ ];
}

# Returns what RT shows of a ticket, by its own accessors, and of its transactions.
sub show
{
	my ($ticket) = @_;
	my $columns = RT::Ticket->_ClassAccessible;
	my %seen = map { $_ => $ticket->$_ } grep { $ticket->can($_) } keys %$columns;
	my $transactions = $ticket->Transactions;
	my $fields = $ticket->CustomFields;

	while (my $transaction = $transactions->Next)
	{
		push @{ $seen{transactions} },
			{ map { $_ => $transaction->$_ } qw(id Type Field OldValue NewValue Data Created Creator BriefDescription) };
	}
	while (my $field = $fields->Next)
	{
		$seen{fields}{ $field->Name } = $ticket->CustomFieldValuesAsString($field->id);
	}
	$seen{requestors} = $ticket->RequestorAddresses;
	$seen{due_in_words} = $ticket->DueObj->AsString;
	return \%seen;
}

my %commands = (
	# Makes the queue Support with a level of service, a custom field Severity, and who may do what.
	setup => sub {
		my $queue = RT::Queue->new(RT->SystemUser);
		my @result = $queue->Create(Name => 'Support', CorrespondAddress => 'support@example.com', SLADisabled => 0);
		my $field = RT::CustomField->new(RT->SystemUser);

		push @result, $field->Create(Name => 'Severity', Type => 'SelectSingle', LookupType => 'RT::Queue-RT::Ticket', MaxValues => 1);
		push @result, $field->AddValue(Name => $_) for qw(S1 S2 S3);
		push @result, $field->AddToObject($queue);
		my $everyone = RT::Group->new(RT->SystemUser);
		$everyone->LoadSystemInternalGroup('Everyone');
		push @result, $everyone->PrincipalObj->GrantRight(Right => $_, Object => $queue) for qw(CreateTicket ReplyToTicket SeeQueue);
		my $agent = RT::User->new(RT->SystemUser);
		push @result, $agent->Create(Name => 'agent', EmailAddress => 'agent@example.com', Privileged => 1);
		push @result, $agent->PrincipalObj->GrantRight(Right => 'SuperUser');
		return outcome(@result);
	},
	create => sub {
		my ($args) = @_;
		my $ticket = RT::Ticket->new(actor($args->{as}));
		my %values = %{ $args->{values} };

		for my $name (keys %{ $args->{fields} // {} })
		{
			$values{ 'CustomField-' . custom_field($name)->id } = $args->{fields}{$name};
		}
		return outcome($ticket->Create(Queue => 'Support', Requestor => 'customer@example.com', MIMEObj => message(), %values));
	},
	# What the mail gateway does with a message.
	mail => sub {
		my ($args) = @_;
		my $subject = $args->{ticket} ? '[' . RT->Config->Get('rtname') . " #$args->{ticket}] again" : $args->{subject};
		my ($status, $message, $ticket) = RT::Interface::Email::Gateway({
			action => 'correspond', queue => 'Support',
			message => "From: $args->{from}\nTo: support\@example.com\nSubject: $subject\nMessage-ID: <$now\@example.com>\n\n$args->{text}\n" });
		return outcome($status, $message, $ticket ? $ticket->id : undef);
	},
	reply => sub { my ($args) = @_; return outcome(ticket($args)->Correspond(MIMEObj => message($args->{text}))) },
	comment => sub { my ($args) = @_; return outcome(ticket($args)->Comment(MIMEObj => message($args->{text}))) },
	status => sub { my ($args) = @_; return outcome(ticket($args)->SetStatus($args->{to})) },
	set => sub {
		my ($args) = @_;
		my $method = "Set$args->{field}";
		return outcome(ticket($args)->$method($args->{to}));
	},
	field => sub {
		my ($args) = @_;
		return outcome(ticket($args)->AddCustomFieldValue(Field => $args->{field}, Value => $args->{to}));
	},
	clear_field => sub {
		my ($args) = @_;
		return outcome(ticket($args)->DeleteCustomFieldValue(Field => $args->{field}, Value => $args->{value}));
	},
	# Applies changes to all tickets that a search finds; "atomic": in one transaction.
	bulk => sub {
		my ($args) = @_;
		my $tickets = RT::Tickets->new(actor($args->{as}));
		my @result;

		$tickets->FromSQL($args->{search});
		$tickets->OrderBy(FIELD => 'id', ORDER => 'ASC');
		my @found = @{ $tickets->ItemsArrayRef };
		$RT::Handle->BeginTransaction if $args->{atomic};
		for my $ticket (@found)
		{
			for my $field (sort keys %{ $args->{set} })
			{
				my $method = "Set$field";
				push @result, $ticket->id, $ticket->$method($args->{set}{$field});
			}
		}
		$RT::Handle->Commit if $args->{atomic};
		return outcome(@result);
	},
	merge => sub { my ($args) = @_; return outcome(ticket($args)->MergeInto($args->{into})) },
	remind => sub {
		my ($args) = @_;
		return outcome(ticket($args)->Reminders->Add(Subject => 'call back', Owner => RT->Nobody->id));
	},
	search => sub {
		my ($args) = @_;
		my $tickets = RT::Tickets->new(actor($args->{as}));

		$tickets->FromSQL($args->{search});
		$tickets->OrderBy(FIELD => 'id', ORDER => 'ASC');
		return [ map { $_->id } @{ $tickets->ItemsArrayRef } ];
	},
	show => sub { my ($args) = @_; return show(ticket($args)) });

srand(1);
$| = 1;
while (my $line = <STDIN>)
{
	my $args = $json->decode($line);

	$now = $args->{at} if $args->{at};
	my $answer = eval { $commands{ $args->{do} }->($args) };
	print $json->encode($@ ? { error => "$@" } : $answer), "\n";
}
