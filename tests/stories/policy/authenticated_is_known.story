# What connect refused is forgotten for a user who has authenticated.
policy on("connect", function() return reject(554, "5.7.1", "Listed") end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 *
C: MAIL FROM:<alice@here.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
