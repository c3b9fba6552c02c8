# With at = "once", reject at helo is spoken there.
listen smtp at = "once"
policy on("helo", function(tx) return reject(550, "5.7.1", "No thanks") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 550 5.7.1 No thanks
