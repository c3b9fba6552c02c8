# A body that comes with DATA, before 354, is no body: the client is cut off and nothing is stored.
segments whole
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
C: RCPT TO:<bob@here.test>
S: 250 *
S: 250 *
C: DATA
C: Subject: stuffed
C:
C: .
S: 554 5.5.0 *
S-
expect mailbox bob@here.test 0
