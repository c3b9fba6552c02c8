# C modules are asked first, then scripts, in order.
module maxrcpt limit = 1
policy on("rcpt", function(tx) if tx.rcpt == "bob@here.test" then return reject(550, "5.7.1", "script") end end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 script
C: RCPT TO:<alice@here.test>
S: 250 *
C: RCPT TO:<alice@here.test>
S: 452 4.5.3 *
