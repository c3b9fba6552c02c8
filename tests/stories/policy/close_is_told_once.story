# close is told once, also when the client just goes.
policy on("close", function(tx) log("closed") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C-
expect log *closed*
