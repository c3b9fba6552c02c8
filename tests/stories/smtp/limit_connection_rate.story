# One address may come so often in a minute; after it, again. Others are not concerned.
clock 2026-11-21T07:30:00Z
config limits { connection_rate = 2 }
client 127.0.0.1
S: 220 *
C: QUIT
S: 221 *
S-
client 127.0.0.1
S: 220 *
C: QUIT
S: 221 *
S-
client 127.0.0.1
S: 421 4.7.0 *
S-
client 127.0.0.2
S: 220 *
clock +3m
client 127.0.0.1
S: 220 *
