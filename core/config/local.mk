# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/config.c %D%/config.h %D%/config_load.h \
	%D%/config_blocks.c \
	%D%/config_check.c \
	%D%/config_field.c %D%/config_field.h \
	%D%/config_fields.c \
	%D%/config_files.c \
	%D%/config_json.c \
	%D%/config_limits.c \
	%D%/config_lua.c \
	%D%/config_reader.c %D%/config_reader.h \
	%D%/config_tls.c
dist_man_MANS += %D%/postern.lua.5
