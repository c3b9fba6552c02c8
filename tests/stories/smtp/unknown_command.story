# An unknown command is named as such.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: XYZZY
S: 500 5.5.* *
C: MAIL
S: 501 5.5.4 *
