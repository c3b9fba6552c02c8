# SPDX-License-Identifier: MIT
# One program with all unit tests; a new test_x.c is added at the end here and in suites.h.
if CUNIT
check_PROGRAMS += tests/unit/run
endif
tests_unit_run_SOURCES = %D%/main.c %D%/suites.h tests/lib/check.c tests/lib/check.h
tests_unit_run_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
tests_unit_run_LDADD = $(CORE_LIBS) $(CUNIT_LIBS)
# Modules are there, and find what they call, as in the server.
tests_unit_run_DEPENDENCIES = libcore.a $(module_LTLIBRARIES)
tests_unit_run_LDFLAGS = $(postern_LDFLAGS)
tests_unit_run_SOURCES += %D%/test_arena.c
tests_unit_run_SOURCES += %D%/test_unit.c
tests_unit_run_SOURCES += %D%/test_cli.c
tests_unit_run_SOURCES += %D%/test_counters.c
tests_unit_run_SOURCES += %D%/test_verdict.c %D%/test_module_options.c
tests_unit_run_SOURCES += %D%/test_encode.c
tests_unit_run_SOURCES += %D%/test_address.c
tests_unit_run_SOURCES += %D%/test_loop.c %D%/test_timer.c %D%/test_conn.c %D%/test_work.c
tests_unit_run_SOURCES += %D%/test_uidlist.c %D%/test_maildir.c $(maildir_parts)
tests_unit_run_SOURCES += %D%/test_ledger.c
tests_unit_run_SOURCES += %D%/test_passwd.c modules/passwd/secret.c modules/passwd/users.c
tests_unit_run_LDADD += $(ARGON_LIBS) $(GSASL_LIBS) -lcrypt
tests_unit_run_SOURCES += %D%/test_nearest.c
tests_unit_run_SOURCES += %D%/test_smtp_data.c %D%/test_smtp_parse.c modules/smtp/data.c modules/smtp/parse.c
tests_unit_run_SOURCES += %D%/test_tls.c %D%/test_channel.c %D%/test_child.c
tests_unit_run_SOURCES += %D%/test_config.c
tests_unit_run_SOURCES += %D%/test_auth.c
tests_unit_run_SOURCES += %D%/test_header.c
tests_unit_run_SOURCES += %D%/test_reply.c
tests_unit_run_SOURCES += %D%/test_date.c
tests_unit_run_SOURCES += %D%/test_tx.c %D%/tx_world.c %D%/tx_world.h
tests_unit_run_SOURCES += %D%/test_dns.c
tests_unit_run_SOURCES += %D%/test_trace.c %D%/test_received.c %D%/test_header_edit.c %D%/test_module_load.c
include tests/unit/odd/local.mk
tests_unit_run_SOURCES += %D%/test_retry.c %D%/test_dsn.c
tests_unit_run_SOURCES += %D%/test_address_vectors.c
tests_unit_run_SOURCES += %D%/test_log.c
tests_unit_run_SOURCES += %D%/test_map.c
tests_unit_run_SOURCES += %D%/test_base.c
tests_unit_run_SOURCES += %D%/test_crc32c.c
tests_unit_run_SOURCES += %D%/test_spool.c
tests_unit_run_SOURCES += %D%/test_intake.c
tests_unit_run_SOURCES += %D%/test_check.c %D%/test_script.c %D%/test_script_lint.c %D%/test_script_pattern.c
tests_unit_run_SOURCES += %D%/test_session.c
tests_unit_run_SOURCES += %D%/test_spool_damage.c
tests_unit_run_SOURCES += %D%/test_poison.c
