# Who talks while the greeting is delayed is no mail server.
policy on("connect", function(tx) tx:delay(5000) end)
clock 2026-11-21T07:30:00Z
client 127.0.0.1
C: EHLO client.test
clock +5s
S: 554 5.5.0 *
S-
