# drop makes no sense at recipient: the handler has failed, and its fail mode defers.
# (A plain return of it would be a mistake when the policy is loaded.)
policy on("recipient", function(tx) local v = drop() return v end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RCPT TO:<alice@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: x
C:
C: text
C: .
S: 4*
expect mailbox bob@here.test 0
expect spool 0
