# MAIL needs a greeting first.
client 127.0.0.1
S: 220 *
C: MAIL FROM:<ann@remote.test>
S: 503 5.5.1 *
