# A worker holds so many connections in all; who comes then is asked to try again later.
config limits { connections = 1 }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
client2 127.0.0.2
S2: 421 4.* *
S2-
