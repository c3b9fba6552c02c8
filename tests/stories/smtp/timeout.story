# A silent client is told so after five minutes, and the connection ends.
clock 2026-11-21T07:30:00Z
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
clock +301s
S: 421 4.4.2 *
S-
