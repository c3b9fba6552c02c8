# A group of commands in one segment is answered in order, one reply each.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
C: RCPT TO:<bob@here.test>
C: RCPT TO:<nobody@here.test>
C: RCPT TO:<alice@here.test>
C: DATA
S: 250 2.1.0 *
S: 250 2.1.5 *
S: 550 5.1.1 *
S: 250 2.1.5 *
S: 354 *
C: Subject: x
C:
C: .
S: 250 *
expect mailbox bob@here.test 1
expect mailbox alice@here.test 1
