# A handler that sleeps goes on where it stopped.
policy on("rcpt", function(tx) sleep(3000) return reject(550, "5.7.1", "slept") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 slept
