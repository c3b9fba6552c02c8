# The null sender reaches one recipient, and no second one.
policy sender.lua
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RCPT TO:<alice@here.test>
S: 550 5.5.3 A notification has one recipient
