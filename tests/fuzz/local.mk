# SPDX-License-Identifier: MIT
# A new target: its line here, its TARGET(x) in targets.h, seeds in corpus/x/, words in x.dict.
check_LIBRARIES = tests/fuzz/libtargets.a
tests_fuzz_libtargets_a_SOURCES =
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_address.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_auth_wire.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_dns.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_encode.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_envelope.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_header.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_header_print.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_log.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_reply.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_date.c
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_smtp_command.c modules/smtp/parse.c modules/smtp/parse.h
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_smtp_data.c modules/smtp/data.c modules/smtp/data.h
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_uidlist.c modules/maildir/uidlist.c modules/maildir/uidlist.h
tests_fuzz_libtargets_a_SOURCES += %D%/fuzz_config_json.c %D%/fuzz_script_pattern.c
tests_fuzz_libtargets_a_CFLAGS = $(AM_CFLAGS) # objects of its own, for the sources of modules

# `make check` replays the corpus; this needs no clang.
check_PROGRAMS += tests/fuzz/replay
tests_fuzz_replay_SOURCES = %D%/replay.c %D%/fuzz.h %D%/targets.h
tests_fuzz_replay_LDADD = tests/fuzz/libtargets.a libcore.a $(CORE_LIBS)
CHECK_SUITES += fuzz
EXTRA_DIST += %D%/README.md %D%/entry.c %D%/fuzz.sh %D%/corpus $(wildcard $(srcdir)/%D%/*.dict)

# configure CC=clang --enable-fuzz: one libFuzzer program for each; `make fuzz` runs them in turn.
# What they find new stays in the build folder, in tests/fuzz/found/.
FUZZ_SECONDS = 20
FUZZ_TARGETS = $(patsubst %D%/fuzz_%.c,%,$(filter %D%/fuzz_%.c,$(tests_fuzz_libtargets_a_SOURCES)))
FUZZERS = $(FUZZ_TARGETS:%=tests/fuzz/%)
if FUZZ
$(FUZZERS): tests/fuzz/%: %D%/entry.c tests/fuzz/libtargets.a libcore.a
	$(AM_V_CCLD)$(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) $(FUZZ_FLAGS) -DTARGET=$* \
		-o $@ $(srcdir)/%D%/entry.c $(AM_LDFLAGS) $(LDFLAGS) tests/fuzz/libtargets.a libcore.a $(CORE_LIBS) $(LIBS)

fuzz: $(FUZZERS)
	@srcdir=$(abs_top_srcdir) FUZZ_SECONDS=$(FUZZ_SECONDS) $(top_srcdir)/%D%/fuzz.sh $(FUZZ_TARGETS)
else
fuzz:
	@echo "fuzz: configure with CC=clang --enable-fuzz --enable-asan --enable-ubsan first" >&2; exit 1
endif
.PHONY: fuzz
CLEANFILES += $(FUZZERS)
