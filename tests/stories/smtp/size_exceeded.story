# A body over the limit is swallowed and refused, and nothing of it stays.
config limits { message_size = "64K" }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test> SIZE=100
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
repeat 2000
C: 0123456789012345678901234567890123456789 line %i
end
C: .
S: 552 5.3.4 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
expect mailbox bob@here.test 0
expect spool 0
