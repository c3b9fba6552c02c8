# delay makes the reply wait without holding anything else.
clock 2026-11-21T07:30:00Z
policy on("rcpt", function(tx) tx:delay(5000) end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
