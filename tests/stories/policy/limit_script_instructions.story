# A handler that calculates too long has failed; the next session gets a working one.
config limits { script_instructions = 10000 }
policy on("rcpt", function(tx) if tx.sender == "ann@remote.test" then for i = 1, 100000 do end end end)
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
expect log *failure*
