# A command ends in CR LF, not in LF alone.
client 127.0.0.1
S: 220 *
C= EHLO client.test\n
S: 500 5.5.2 *
C: EHLO client.test
S: 250 *
