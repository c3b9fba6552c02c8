# SPDX-License-Identifier: MIT
# `make check`: about a minute, without root or network. The others have their own targets.
EXTRA_DIST += tests/run.sh tests/style/style.sh tests/style/README.md tests/lib/README.md tests/unit/README.md

CHECK_SUITES = unit stories stories-tcp style
HEAVY_SUITES =
check_LTLIBRARIES =

check-local: postern$(EXEEXT) $(module_LTLIBRARIES)
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh $(CHECK_SUITES)

check-all: all $(check_PROGRAMS)
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh $(CHECK_SUITES) $(HEAVY_SUITES)

# Suites by name: make suite SUITES="interop/pop3.sh"
suite: all $(check_PROGRAMS)
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh $(SUITES)

.PHONY: check-all suite lint

lint:
	@srcdir=$(abs_top_srcdir) sh $(top_srcdir)/tests/style/lint.sh

include tests/interop/local.mk
include tests/system/local.mk
