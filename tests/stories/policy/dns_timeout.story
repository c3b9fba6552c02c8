# A resolver that is silent delays mail by its deadline and stops none.
dns 1.0.0.127.bl.test fail timeout
policy on("rcpt", function(tx) local a = dns.a("1.0.0.127.bl.test") if a and #a > 0 then return reject(554, "5.7.1", "Listed") end end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: x
C:
C: text
C: .
S: 250 2.0.0 *$id
expect mailbox bob@here.test 1
expect spool 0
