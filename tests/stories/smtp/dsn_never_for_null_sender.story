# A notification that cannot be delivered yields no other.
policy on("route", function(tx) return reject(550, "5.1.6", "Has moved") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: x
C:
C: .
S: 250 *
expect spool 0
expect mailbox bob@here.test 0
