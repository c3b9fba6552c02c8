# postmaster is accepted with and without a domain, even from a client that the policy refuses.
policy on("connect", function() return reject(554, "5.7.1", "Go away") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 554 5.7.1 Go away
C: RCPT TO:<postmaster>
S: 250 *
C: RCPT TO:<PostMaster@here.test>
S: 250 *
