# reject at auth refuses a right password.
policy on("auth", function(tx) return reject(550, "5.7.1", "No thanks") end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 550 5.7.1 No thanks
C: MAIL FROM:<alice@here.test>
S: 530 5.7.0 *
