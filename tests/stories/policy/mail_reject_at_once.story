# With at = "once", reject at mail is spoken there.
listen smtp at = "once"
policy on("mail", function(tx) return reject(550, "5.7.1", "No thanks") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 550 5.7.1 No thanks
