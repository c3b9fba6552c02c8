# drop at message says 421, closes, and nothing stays.
policy on("message", function(tx) return drop() end)
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
S: 421 4.7.0 *
S-
expect mailbox bob@here.test 0
expect spool 0
