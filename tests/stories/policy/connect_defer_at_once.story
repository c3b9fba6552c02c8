# With at = "once", defer at connect is spoken there.
listen smtp at = "once"
policy on("connect", function(tx) return defer(451, "4.7.1", "Come back later") end)
client 127.0.0.1
S: 451 4.7.1 Come back later
