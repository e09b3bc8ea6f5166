# The C sources are formatted as PostgreSQL's are: pgindent changes nothing.  It comes with PostgreSQL 17 and later.
use strict;
use warnings;
use IPC::Run;
use SltTest;
use Test::More;

my ($changes, $complaints) = ('', '');
IPC::Run::run([ $^X, source_file('tools/format'), '--check' ], '>', \$changes, '2>', \$complaints);
plan skip_all => $complaints =~ s/\s+\z//r if $? >> 8 == 77;
is($complaints, '', 'pgindent can read the sources');
is($changes, '', 'and changes nothing; make format does');
done_testing();
