# A message may have so many recipients; it goes to those that were accepted.
config limits { recipients = 1 }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RCPT TO:<alice@here.test>
S: 452 4.5.3 *
C: DATA
S: 354 *
C: Subject: x
C:
C: text
C: .
S: 250 *
C: QUIT
S: 221 *
S-
expect mailbox bob@here.test 1
expect mailbox alice@here.test 0
