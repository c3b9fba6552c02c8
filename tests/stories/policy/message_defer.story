# defer at message refuses the whole message after its end; nothing of it stays.
policy on("message", function(tx) return defer(451, "4.7.1", "Come back later") end)
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
S: 451 4.7.1 Come back later
C: NOOP
S: 250 *
expect mailbox bob@here.test 0
expect spool 0
