# With at = "once", reject at connect is spoken there.
listen smtp at = "once"
policy on("connect", function(tx) return reject(550, "5.7.1", "No thanks") end)
client 127.0.0.1
S: 550 5.7.1 No thanks
