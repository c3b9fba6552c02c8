# reject at data refuses the transaction before 354.
policy on("data", function(tx) return reject(550, "5.7.1", "No thanks") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 550 5.7.1 No thanks
C: NOOP
S: 250 *
expect mailbox bob@here.test 0
expect spool 0
