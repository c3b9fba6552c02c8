# SPDX-License-Identifier: MIT
# `make check`: about a minute, without root or network. The others have their own targets.
# All stories, and what each folder says of itself.
EXTRA_DIST += tests/stories $(wildcard $(srcdir)/core/*/README.md) $(wildcard $(srcdir)/modules/*/README.md) \
	$(wildcard $(srcdir)/tests/*/README.md) $(wildcard $(srcdir)/tests/bench/*)
EXTRA_DIST += tests/run.sh tests/style/style.sh tests/style/lint.sh
EXTRA_DIST += tests/run.sh tests/style/style.sh tests/style/README.md tests/lib/README.md tests/unit/README.md
EXTRA_DIST += tests/run.sh tests/style/style.sh tests/style/README.md tests/style/lint.sh tests/style/clang.sh

CHECK_SUITES = unit stories stories-tcp style
HEAVY_SUITES = style/lint.sh style/clang.sh
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
