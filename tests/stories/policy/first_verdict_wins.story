# The first verdict in order wins; accept ends its own stage only.
policy on("mail", function() return accept() end)
policy on("mail", function() return reject(550, "5.7.1", "second") end)
policy on("rcpt", function() return reject(550, "5.7.1", "third") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 third
