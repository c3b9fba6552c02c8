# DATA needs a recipient first.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: DATA
S: 503 5.5.1 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: DATA
S: 5* 5.5.1 *
