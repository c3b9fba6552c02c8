# The recipients over the limit are deferred; those before it get the message.
config limits { recipients = 100 }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
repeat 100
C: RCPT TO:<bob@here.test>
S: 250 *
end
C: RCPT TO:<alice@here.test>
S: 452 4.5.3 *
C: DATA
S: 354 *
C: Subject: x
C:
C: .
S: 250 *
expect mailbox alice@here.test 0
