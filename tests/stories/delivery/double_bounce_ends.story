# What fails and has no sender is logged, and nobody is told (RFC 5321, 6.1).
policy on("route", function(tx) if tx.rcpt == "bob@here.test" then return reject(550, "5.7.1", "Not today") end end)
client 192.0.2.7
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: a bounce that loops
C:
C: .
S: 250 *
expect log *outcome=failed to=<bob@here.test> *
expect log *has no sender to be told*
expect no log *via=dsn*
expect mailbox bob@here.test 0
