# SPDX-License-Identifier: MIT
module_LTLIBRARIES += modules/maxrcpt.la
modules_maxrcpt_la_SOURCES = %D%/maxrcpt.c
modules_maxrcpt_la_LDFLAGS = $(PLUGIN)
