# SPDX-License-Identifier: MIT
# Real programs against Postern; what is not installed is skipped. `make interop` runs all of them.
INTEROP_SUITES = interop/clients.py interop/contract.py interop/pop3.sh interop/dovecot-uidl.sh interop/module-template.sh
HEAVY_SUITES += $(INTEROP_SUITES)
EXTRA_DIST += %D%/README.md %D%/clients.py %D%/contract.py %D%/pop3.sh %D%/dovecot-uidl.sh %D%/module-template.sh \
	tests/lib/demo.py tests/lib/suite.py

interop: all
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh $(INTEROP_SUITES)

.PHONY: interop
