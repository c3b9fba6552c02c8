# A handler that takes more memory than there is has failed.
config limits { script_memory = "1M" }
policy on("rcpt", function(tx) if tx.sender == "ann@remote.test" then local t = string.rep("x", 2000000) log(#t) end end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 451 4.3.0 *
C: RSET
S: 250 *
C: MAIL FROM:<joe@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
expect log *memory*
