# A handler that fails defers, and the log says where.
policy on("rcpt", function(tx) local x = nil; return x.y end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 451 4.3.0 *
expect log *story.lua:1*
