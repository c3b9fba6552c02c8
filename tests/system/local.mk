# SPDX-License-Identifier: MIT
# The server as processes: started, watched, killed, stopped. `make system` runs it; as root it proves more.
check_LTLIBRARIES += tests/system/chaos.la
tests_system_chaos_la_SOURCES = %D%/chaos.c
tests_system_chaos_la_LDFLAGS = $(PLUGIN) -rpath /nowhere
tests_system_chaos_la_CFLAGS = $(AM_CFLAGS) -Wno-infinite-recursion

HEAVY_SUITES += system/process.py
EXTRA_DIST += %D%/README.md %D%/process.py %D%/server.py

system: all tests/system/chaos.la
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh system/process.py

.PHONY: system
