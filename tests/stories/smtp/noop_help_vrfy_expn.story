# NOOP and HELP answer, VRFY tells nothing, EXPN is not there.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: NOOP anything
S: 250 2.0.0 *
C: HELP
S: 214 *
C: VRFY bob
S: 252 *
C: VRFY nobody
S: 252 *
C: EXPN list
S: 502 5.5.1 *
