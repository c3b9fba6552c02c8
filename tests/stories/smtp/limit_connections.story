# A worker holds so many connections in all.
config limits { connections = 1 }
client 127.0.0.1
S: 220 *
client2 127.0.0.2
S2: 421 4.* *
S2-
