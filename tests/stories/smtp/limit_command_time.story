# The time to wait for a command is what the administrator says.
clock 2026-11-21T07:30:00Z
config limits { command_time = "40s" }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
clock +39s
C: NOOP
S: 250 *
clock +41s
S: 421 4.4.2 *
S-
