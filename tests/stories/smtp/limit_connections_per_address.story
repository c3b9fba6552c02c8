# One address may hold so many connections; the others are served.
config limits { connections_per_address = 1 }
client 127.0.0.1
S: 220 *
client2 127.0.0.1
S2: 421 4.7.0 *
S2-
client2 127.0.0.2
S2: 220 *
