# A second EHLO forgets the transaction.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: EHLO client.test
S: 250 *
C: RCPT TO:<bob@here.test>
S: 503 5.5.1 *
