# A handler reads the DNS in a straight line.
dns 1.0.0.127.bl.test A 127.0.0.2
policy on("rcpt", function(tx) local a = dns.a("1.0.0.127.bl.test") if a and a[1] == "127.0.0.2" then return reject(554, "5.7.1", "Listed") end end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 554 5.7.1 Listed
