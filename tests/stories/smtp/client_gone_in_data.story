# A message whose end never came leaves nothing.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: half
C-
expect mailbox bob@here.test 0
expect spool 0
