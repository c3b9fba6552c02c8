# SPDX-License-Identifier: MIT
# `make bench` prints `name value unit`. A benchmark is a program here; build without sanitizers.
EXTRA_PROGRAMS = $(BENCHES)
BENCHES = tests/bench/bench_loop tests/bench/bench_policy
BENCHES += tests/bench/bench_spool
BENCHES += tests/bench/bench_script
CLEANFILES += $(BENCHES)

tests_bench_bench_loop_SOURCES = %D%/bench_loop.c
tests_bench_bench_loop_LDADD = libcore.a $(CORE_LIBS)
tests_bench_bench_loop_DEPENDENCIES = libcore.a

tests_bench_bench_policy_SOURCES = %D%/bench_policy.c
tests_bench_bench_policy_LDADD = $(CORE_LIBS)
tests_bench_bench_policy_DEPENDENCIES = libcore.a
tests_bench_bench_policy_LDFLAGS = $(postern_LDFLAGS)

tests_bench_bench_spool_SOURCES = %D%/bench_spool.c
tests_bench_bench_spool_LDADD = libcore.a $(CORE_LIBS)
tests_bench_bench_spool_DEPENDENCIES = libcore.a

tests_bench_bench_script_SOURCES = %D%/bench_script.c
tests_bench_bench_script_LDADD = $(CORE_LIBS)
tests_bench_bench_script_DEPENDENCIES = libcore.a
tests_bench_bench_script_LDFLAGS = $(postern_LDFLAGS)

bench: $(BENCHES)
	@for b in $(BENCHES); do ./$$b || exit 1; done

.PHONY: bench
