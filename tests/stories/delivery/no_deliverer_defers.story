# Without a module that sends to other servers, their mail waits, and says why.
listen submission auth_without_tls = true
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
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: From: alice@here.test
C: Subject: one here, one there
C:
C: .
S: 250 *
expect log *outcome=deferred to=<ann@remote.test> * dsn=4.4.4 reply="No deliverer for this destination"
expect log *outcome=delivered to=<bob@here.test> *
expect mailbox bob@here.test 1
expect mailbox alice@here.test 0
expect spool 1
