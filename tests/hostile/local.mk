# SPDX-License-Identifier: MIT
# make hostile: clients that mean harm, against a running server (needs python3 and prlimit).
HEAVY_SUITES += hostile/abuse.py
EXTRA_DIST += %D%/README.md %D%/abuse.py %D%/ground.py %D%/states.py %D%/protocol.py %D%/floods.py

.PHONY: hostile
hostile: all
	@srcdir=$(abs_top_srcdir) $(top_srcdir)/tests/run.sh hostile/abuse.py
