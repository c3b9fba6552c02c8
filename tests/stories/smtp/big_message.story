# A message larger than memory holds arrives whole.
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
C: Subject: big
C:
repeat 3000
C: line %i of a message that has a file of its own, because it is larger than 64 KiB
end
C: .
S: 250 *
expect mailbox bob@here.test 1
expect mail bob@here.test line 3000 of a message*
expect spool 0
