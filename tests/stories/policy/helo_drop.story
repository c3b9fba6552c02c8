# drop at helo says 421 and closes.
policy on("helo", function(tx) return drop() end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 421 4.7.0 *
S-
