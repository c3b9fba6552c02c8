# With at = "once", defer at helo is spoken there.
listen smtp at = "once"
policy on("helo", function(tx) return defer(451, "4.7.1", "Come back later") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 451 4.7.1 Come back later
