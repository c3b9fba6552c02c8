# defer at auth refuses it for now.
policy on("auth", function(tx) return defer(451, "4.7.1", "Come back later") end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 451 4.7.1 Come back later
C: MAIL FROM:<alice@here.test>
S: 530 5.7.0 *
