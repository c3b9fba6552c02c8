# reject for all recipients refuses the message.
policy on("recipient", function(tx) return reject(550, "5.7.1", "No thanks") end)
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
S: 550 5.7.1 No thanks
expect mailbox bob@here.test 0
expect spool 0
