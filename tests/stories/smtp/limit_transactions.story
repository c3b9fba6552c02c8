# A connection carries so many messages, then it is asked to come back.
config limits { transactions = 2 }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
repeat 2
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: %i
C:
C: .
S: 250 *
end
C: MAIL FROM:<ann@remote.test>
S: 421 4.7.0 *
S-
