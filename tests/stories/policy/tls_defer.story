# defer at tls, where nothing can be said, is spoken at RCPT.
policy on("tls", function(tx) return defer(451, "4.7.1", "Come back later") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: STARTTLS
S: 220 *
tls
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 451 4.7.1 Come back later
