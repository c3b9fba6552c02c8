# After STARTTLS and AUTH PLAIN a user sends a message to another one.
client 127.0.0.1 submission
S: 220 *
C: EHLO client.test
S: 250 *
C: STARTTLS
S: 220 *
tls
C: EHLO client.test
S: 250-AUTH PLAIN LOGIN
S: 250 *
C: MAIL FROM:<alice@here.test>
S: 530 5.7.0 Authentication required
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 2.7.0 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 503 5.5.1 *
C: MAIL FROM:<alice@here.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: From: alice@here.test
C: Subject: hi
C:
C: text
C: .
S: 250 *
C: QUIT
S: 221 *
S-
expect mailbox bob@here.test 1
expect mail bob@here.test Message-ID: *
expect mail bob@here.test Date: *
