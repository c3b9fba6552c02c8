# unknown is told of a command that the server does not have.
policy on("unknown", function(tx) log("what is that") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: XYZZY
S: 500 *
expect log *what is that*
