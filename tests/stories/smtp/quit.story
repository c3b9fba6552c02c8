# QUIT says goodbye and closes.
client 127.0.0.1
S: 220 *
C: QUIT
S: 221 2.0.0 *
S-
