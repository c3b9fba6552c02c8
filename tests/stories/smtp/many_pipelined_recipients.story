# A hundred recipients in one group are answered one by one.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
repeat 100
C: RCPT TO:<bob@here.test>
end
C: DATA
S: 250 2.1.0 *
repeat 100
S: 250 2.1.5 *
end
S: 354 *
C: .
S: 250 *
