# A handler that waits too long has failed.
clock 2026-11-21T07:30:00Z
config limits { script_time = "5s" }
policy on("rcpt", function(tx) sleep("10m") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
clock +6s
S: 451 4.3.0 *
expect log *used up its time*
