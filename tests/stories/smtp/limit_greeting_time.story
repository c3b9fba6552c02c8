# A client that says nothing after the greeting is sent away sooner than one that has said EHLO.
clock 2026-11-21T07:30:00Z
config limits { greeting_time = "20s" }
client 127.0.0.1
S: 220 *
client2 127.0.0.1
S2: 220 *
C2: EHLO client.test
S2: 250 *
clock +21s
S: 421 4.4.2 *
S-
C2: NOOP
S2: 250 *
