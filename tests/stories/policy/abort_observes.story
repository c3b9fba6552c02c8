# abort is told when a transaction ends without a reply to its data.
policy on("abort", function(tx) log("aborted " .. tx.sender) end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RSET
S: 250 *
expect log *aborted ann@remote.test*
