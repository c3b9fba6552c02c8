# SPDX-License-Identifier: MIT
EXTRA_DIST += contrib/module-template/Makefile contrib/module-template/README.md contrib/module-template/hello.c \
	contrib/module-template/hello.story contrib/README.md contrib/quickstart.sh
