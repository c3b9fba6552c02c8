# A detail leads to its user; the postmaster always has a place (RFC 5321, 4.5.1).
client 192.0.2.7
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob+lists@here.test>
S: 250 *
C: RCPT TO:<Postmaster>
S: 250 *
C: RCPT TO:<BOB@Here.Test>
S: 250 *
C: DATA
S: 354 *
C: Subject: three
C:
C: .
S: 250 *
expect log *outcome=delivered to=<bob+lists@here.test> *
expect log *outcome=delivered to=<postmaster@here.test> *
expect mailbox bob@here.test 2
expect mailbox postmaster@here.test 1
expect mail bob@here.test Delivered-To: bob@here.test
