# drop at connect says 421 and closes.
policy on("connect", function(tx) return drop() end)
client 127.0.0.1
S: 421 4.7.0 *
S-
