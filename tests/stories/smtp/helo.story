# HELO is answered with one line and no extensions.
client 127.0.0.1
S: 220 mx.here.test *
C: HELO client.test
S: 250 mx.here.test*
S! 250-*
