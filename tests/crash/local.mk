# SPDX-License-Identifier: MIT
# make crash: the spool killed at, and failed by, each system call in turn (needs strace and python3).
EXTRA_PROGRAMS += tests/crash/spool_driver
tests_crash_spool_driver_SOURCES = %D%/spool_driver.c
tests_crash_spool_driver_LDADD = libcore.a $(CORE_LIBS)
tests_crash_spool_driver_DEPENDENCIES = libcore.a
EXTRA_DIST += %D%/spool_sweep.py %D%/kill_sweep.py %D%/power_loss.py
EXTRA_DIST += %D%/spool_sweep.py %D%/kill_sweep.py %D%/power_loss.py %D%/README.md
HEAVY_SUITES += crash-spool crash/kill_sweep.py crash/power_loss.py
check-all: tests/crash/spool_driver
CLEANFILES += tests/crash/spool_driver

.PHONY: crash
crash: all tests/crash/spool_driver
	@$(srcdir)/tests/crash/spool_sweep.py tests/crash/spool_driver $(CRASH_FLAGS)
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh crash/kill_sweep.py crash/power_loss.py
