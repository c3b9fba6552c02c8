# After 4 hours the sender is told that it is late, once; after 5 days that it was given up.
listen submission auth_without_tls = true
clock 2026-11-21T07:30:00Z
client 127.0.0.1 submission
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 *
C: MAIL FROM:<alice@here.test>
S: 250 *
C: RCPT TO:<ann@remote.test>
S: 250 *
C: DATA
S: 354 *
C: From: alice@here.test
C: Subject: for a server that is away
C:
C: .
S: 250 *
clock +3h
expect mailbox alice@here.test 0
clock +2h
expect mailbox alice@here.test 1
expect mail alice@here.test Subject: Your message is late
expect mail alice@here.test Action: delayed
expect spool 1
clock +4d
expect mailbox alice@here.test 1
clock +2d
expect mailbox alice@here.test 2
expect mail alice@here.test Subject: Your message could not be delivered
expect mail alice@here.test Status: 5.4.7
expect spool 0
