/* SPDX-License-Identifier: MIT */
/* config_limits -- the one table of all limits and time-outs: default, range, unit and meaning. */
#include "core/config/config.h"
#include "core/config/config_field.h"

/* clang-format off */
#define LIMIT(name_, type_, initial_, least_, most_, meaning_) \
	{ #name_, FIELD_##type_, offsetof(struct config, limits.name_), initial_, NULL, meaning_, least_, most_ }
#define TIME(name_, member_, initial_, least_, most_, meaning_) \
	{ name_, FIELD_DURATION, offsetof(struct config, limits.member_), initial_, NULL, meaning_, least_, most_ }
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, K = 1024 };

const struct field limits_fields[] = {
	/*    name                       type   default   least     most       meaning */
	LIMIT(message_size,              SIZE,  "50M",    K,        2147483648, "of a message with its header (RFC 1870)"),
	LIMIT(recipients,                COUNT, "1000",   1,        100000,    "of one message (RFC 5321, 4.5.3.1.8, asks for 100 and more)"),
	LIMIT(header_size,               SIZE,  "256K",   K,        256 * K,   "of all header fields of a message together"),
	LIMIT(line_length,               SIZE,  "1M",     1000,     16777216,  "of one line of a message"),
	LIMIT(received_fields,           COUNT, "100",    1,        1000,      "Received fields, before a message counts as looping (RFC 5321, 6.3)"),
	LIMIT(connections,               COUNT, "10000",  1,        1000000,   "connections of one worker"),
	LIMIT(connections_per_address,   COUNT, "50",     1,        1000000,   "connections of one IPv4 address or IPv6 /64 at the same time"),
	LIMIT(connection_rate,           COUNT, "0",      0,        1000000,   "new connections of one address in a minute; 0: no limit"),
	LIMIT(errors,                    COUNT, "20",     1,        10000,     "refused or unknown commands, before the connection is closed with 421"),
	LIMIT(idle_commands,             COUNT, "200",    10,       100000,    "NOOP, RSET, VRFY, HELP and EHLO without a message between them"),
	LIMIT(transactions,              COUNT, "1000",   1,        1000000,   "messages of one connection"),
	LIMIT(auth_failures,             COUNT, "3",      1,        100,       "failed logins of one connection"),
	LIMIT(auth_failures_per_address, COUNT, "20",     1,        100000,    "failed logins of one address in ten minutes"),
	TIME("command_time",  command_ms,   "5m",  SECOND, HOUR,      "to wait for the next SMTP command (RFC 5321, 4.5.3.2.7: 5 minutes)"),
	TIME("data_time",     data_ms,      "3m",  SECOND, HOUR,      "to wait for the next piece of a message (RFC 5321, 4.5.3.2.5: 3 minutes)"),
	TIME("greeting_time", greeting_ms,  "30s", SECOND, HOUR,      "to wait for the first command after the greeting"),
	TIME("tls_time",      tls_ms,       "30s", SECOND, HOUR,      "for a TLS handshake"),
	TIME("pop3_time",     pop3_idle_ms, "10m", 10 * MINUTE, 24 * HOUR, "without a POP3 command (RFC 1939, 3: at least 10 minutes)"),
	TIME("stop_time",     stop_ms,      "30s", 0,      HOUR,      "for sessions to end when the server stops"),
	LIMIT(data_rate,                 SIZE,  "500",    0,        1048576,   "bytes a second that a client must reach in each half minute of sending a message; 0: any"),
	LIMIT(script_instructions,       COUNT, "1000000", 10000,   1000000000, "instructions of one call of a Lua handler"),
	TIME("script_time",   script_ms,    "30s", 10,     10 * MINUTE, "of one call of a Lua handler, with what it waits for"),
	LIMIT(script_memory,             SIZE,  "16M",    1048576,  1073741824, "of the Lua state of one worker; one call may take half of what is free"),
	TIME("handler_time",  handler_ms,   "60s", SECOND, 10 * MINUTE, "of one handler of a module, with what it waits for"),
	{ NULL, FIELD_END, 0, NULL, NULL, NULL, 0, 0 }
};
/* clang-format on */
