# Parameters that are unknown, given twice or malformed are refused; HELO has none.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test> FOO=1
S: 555 5.5.4 *
C: MAIL FROM:<ann@remote.test> BODY=7BIT body=8BITMIME
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test> BODY=BINARYMIME
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test> SMTPUTF8=yes
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test> =1
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test>SIZE=1
S: 501 5.1.7 *
C: MAIL FROM:<ann@remote.test> BODY=8BITMIME SIZE=10
S: 250 *
C: RCPT TO:<bob@here.test> NOTIFY=NEVER
S: 555 5.5.4 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RSET
S: 250 *
C: HELO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test> SIZE=10
S: 555 5.5.4 *
