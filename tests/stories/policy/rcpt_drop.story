# drop at rcpt says 421 and closes.
policy on("rcpt", function(tx) return drop() end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 421 4.7.0 *
S-
