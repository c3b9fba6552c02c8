# The extensions of this server are all offered on port 25, AUTH is not.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250-PIPELINING
S: 250-SIZE *
S: 250 *
S! 250*AUTH*
