# A handler that never ends is stopped by its budget, and defers.
policy on("rcpt", function(tx) while true do end end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 451 4.3.0 *
C: NOOP
S: 250 *
