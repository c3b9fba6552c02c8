# Only the explicit permission relays.
policy on("rcpt", function(tx) tx:permit_relay() end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<u@third.test>
S: 250 *
