# A verdict at queued, where nothing is asked, changes nothing and is logged as a mistake.
# (A plain return of it would be a mistake when the policy is loaded.)
policy on("queued", function(tx) local v = reject(550, "5.7.1", "No thanks") return v end)
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
C: QUIT
S: 221 *
S-
expect mailbox bob@here.test 1
expect spool 0
expect log *reject*queued*
