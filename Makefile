# slt: working time in PostgreSQL.
#
#   make demo               what it does, on a throwaway server
#   make test               every test, on a throwaway server
#   make test-apps          only those that drive a real helpdesk, such as Request Tracker
#   make && make install    build and install for the server of PG_CONFIG
#   make installcheck       the SQL and isolation tests, on a running server
#   make test-versions      every test, on this PostgreSQL and on those of the distribution's next releases
#   make test-packages      the packages: of Debian, of PGXN, images
#   make test-random        an hour of random calls, and more texts for npm's opening_hours
#   make test-sanitize      the SQL tests and an hour of random calls under the address and undefined behaviour sanitizers
#   make test-valgrind      the SQL tests under valgrind
#   make dist               an archive of what is committed
#   make release            the same of a release, after all checks
#   make bench              how fast it is
#   make fuzz               the core under a fuzzer
#   make format-check       what pgindent would change, where there is one (PostgreSQL 17 and later); make format changes it

EXTENSION = slt
MODULE_big = slt
SLT_VERSION = 1.0

# where the sources are, also when building outside their tree
SRC := $(or $(VPATH),$(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST)))))

CORE = date days text words amount calendar calendar_read calendar_write holidays wall block timeline segment periods checks clock
TYPES = host working_interval working_calendar calendar_cache numbers calendar_periods working_time
POLICY = news config names zones holidays history restore rows policy checks named due deadline
TICKETS = guard settings map load attachment terms history standing ticket expect state key rewrite stamp backfill events sweep care worker reader report
AVAILABILITY = outage_class services facts report aggregate record status texts

OBJS = src/slt.o $(CORE:%=src/core/%.o) $(TYPES:%=src/types/%.o) $(POLICY:%=src/policy/%.o) \
	$(TICKETS:%=src/tickets/%.o) $(AVAILABILITY:%=src/availability/%.o)
SLT_HEADERS = $(wildcard $(SRC)/src/*.h $(SRC)/src/*/*.h)

# the install script, in the order in which its objects need each other
SQL_PARTS = \
	header \
	working_interval \
	working_calendar \
	working_time \
	policy \
	deadline \
	tickets \
	events \
	availability \
	availability_record \
	availability_figures \
	availability_incidents \
	availability_news \
	availability_import \
	page_texts \
	page_settings \
	html \
	status \
	page_style \
	status_page \
	policy_page \
	report_page \
	feeds \
	care \
	policy_document \
	prompt \
	shipped \
	page_texts_shipped \
	report_texts_shipped \
	egypt_holidays \
	grants \
	availability_grants \
	restore
DATA_built = sql/slt--$(SLT_VERSION).sql
DATA = $(wildcard $(SRC)/sql/slt--*--*.sql)
EXTRA_CLEAN = sql/slt--$(SLT_VERSION).sql

# no one replaces our functions at run time, so calls between them need not provide for it
PG_CFLAGS = -fno-semantic-interposition -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers

REGRESS = $(patsubst $(SRC)/test/sql/%.sql,%,$(sort $(wildcard $(SRC)/test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(SRC)/test --load-extension=slt
ISOLATION = $(patsubst $(SRC)/test/specs/%.spec,%,$(sort $(wildcard $(SRC)/test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(SRC)/test --outputdir=. --load-extension=slt

# targets of our own come after those of PGXS, so that `all` stays the first
PG_CONFIG ?= pg_config
# what builds elsewhere needs none of this, and may be where a path has blanks
ifeq ($(filter demo test test-% dist release bench fuzz format format-check,$(MAKECMDGOALS)),)
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq ($(PGXS),)
$(error "$(PG_CONFIG)" cannot be run, or belongs to no server with development files; say PG_CONFIG=/path/to/pg_config)
endif
-include $(PGXS)

# a build outside the source tree needs the folders; by their whole path, or they are found in the sources
FOLDERS = $(addprefix $(CURDIR)/,src/core src/types src/policy src/tickets src/availability sql)
$(OBJS) $(OBJS:.o=.bc): | $(FOLDERS)
$(FOLDERS):
	@mkdir -p $@

$(OBJS) $(OBJS:.o=.bc): $(SLT_HEADERS)

sql/slt--$(SLT_VERSION).sql: $(SQL_PARTS:%=$(SRC)/sql/parts/%.sql) | $(CURDIR)/sql
	cat $^ > $@
endif

.PHONY: demo test test-apps test-versions test-packages test-random test-sanitize test-valgrind dist release bench fuzz format format-check
demo test test-apps bench:
	@$(SRC)/test/run $@
test-versions test-packages test-sanitize test-valgrind:
	@$(SRC)/test/$(@:test-%=%)
# each of the volume tests prints its seed
test-random: SEED = $(or $(SLT_SEED),$(shell echo $$$$))
test-random:
	@SLT_RANDOM_SECONDS=$${SLT_RANDOM_SECONDS:-3600} SLT_ORACLE_TEXTS=5000 SLT_ORACLE_SEED=$(SEED) SLT_JUDGE_CASES=100000 SLT_JUDGE_SEED=$(SEED) \
		SLT_CLOCKS_WRITES=20000 SLT_CLOCKS_SEED=$(SEED) SLT_PROPERTY_CASES=40000 SLT_PROPERTY_SEED=$(SEED) \
		PROVE_TESTS='test/t/011_judge.pl test/t/012_properties.pl test/t/013_opening_hours.pl test/t/044_clocks_judge.pl test/t/081_random_calls.pl' $(SRC)/test/run test
dist release:
	@$(SRC)/.ci/release $@
fuzz:
	@$(MAKE) -C $(SRC)/test/core fuzz
format:
	@PG_CONFIG="$(PG_CONFIG)" $(SRC)/tools/format
format-check:
	@PG_CONFIG="$(PG_CONFIG)" $(SRC)/tools/format --check
