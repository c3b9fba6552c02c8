# A client that does not shake hands in time is cut off.
clock 2026-11-21T07:30:00Z
config limits { tls_time = "10s" }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: STARTTLS
S: 220 *
clock +11s
S-
