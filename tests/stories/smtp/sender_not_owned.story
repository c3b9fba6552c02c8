# A user may not send in the name of another one.
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 *
C: MAIL FROM:<bob@here.test>
S: 553 5.7.1 *
