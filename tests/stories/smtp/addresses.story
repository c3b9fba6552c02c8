# Malformed addresses are refused, limits hold at their boundary.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:ann@remote.test
S: 501 5.* *
C: MAIL FROM:<;touch /tmp/x;>
S: 5*
C: MAIL FROM:<""@remote.test
S: 5*
C: MAIL FROM:<a@remote..test>
S: 5*
C: MAIL FROM:<a@-remote.test>
S: 5*
C: MAIL FROM:<0123456789012345678901234567890123456789012345678901234567890123x@remote.test>
S: 5*
C: MAIL FROM:<0123456789012345678901234567890123456789012345678901234567890123@remote.test>
S: 250 *
C: RCPT TO:<${run{/bin/sh}}@here.test>
S: 5*
C: RCPT TO:<bob@here.test.>
S: 5*
C: RCPT TO:<>
S: 5*
