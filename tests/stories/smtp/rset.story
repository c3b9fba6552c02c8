# RSET forgets sender and recipients, and keeps the greeting.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RSET
S: 250 2.0.0 *
C: RCPT TO:<bob@here.test>
S: 503 5.5.1 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
