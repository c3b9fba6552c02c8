# discard at route is for this recipient.
policy on("route", function(tx) return discard() end)
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
expect mailbox bob@here.test 0
expect log *$id outcome=discarded to=<bob@here.test>*
