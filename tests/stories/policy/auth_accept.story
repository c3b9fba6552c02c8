# accept at auth ends its stage; the right password was given.
policy on("auth", function(tx) return accept() end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 2.7.0 *
