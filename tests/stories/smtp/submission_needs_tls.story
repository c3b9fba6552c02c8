# On the submission port nothing happens before TLS, and AUTH is not offered.
client 127.0.0.1 submission
S: 220 *
C: EHLO client.test
S: 250 *
S! 250*AUTH*
C: MAIL FROM:<alice@here.test>
S: 530 5.7.0 Must issue a STARTTLS command first
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 538 5.7.11 *
