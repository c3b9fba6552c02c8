# drop at auth closes.
policy on("auth", function(tx) return drop() end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 421 4.7.0 *
S-
