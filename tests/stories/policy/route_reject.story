# reject at route fails the recipient; its sender gets a notification.
policy on("route", function(tx) if tx.sender ~= "" then return reject(550, "5.7.1", "No thanks") end end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<alice@here.test>
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
expect log *$id outcome=failed to=<bob@here.test>*No thanks*
expect mailbox alice@here.test 1
expect mail alice@here.test Final-Recipient: rfc822;*bob@here.test
expect mail alice@here.test Status: 5.7.1
