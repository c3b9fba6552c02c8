# A handler that takes memory without end is stopped, and defers.
policy on("rcpt", function(tx) local t = {} while true do t[#t + 1] = string.rep("x", 1000) .. #t end end)
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
