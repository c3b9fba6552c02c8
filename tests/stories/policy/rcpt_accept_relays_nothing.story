# accept at rcpt gives no permission to relay, and makes no user.
policy on("rcpt", function(tx) return accept() end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<u@third.test>
S: 550 5.7.1 *
C: RCPT TO:<nobody@here.test>
S: 550 5.1.1 *
C: RCPT TO:<u%third.test@here.test>
S: 550 5.1.1 *
expect spool 0
