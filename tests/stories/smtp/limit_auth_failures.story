# After so many wrong passwords the connection ends.
config limits { auth_failures = 2 }
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdAB3cm9uZw==
S: 535 5.7.8 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdAB3cm9uZw==
S* 421 4.7.0 *
S-
