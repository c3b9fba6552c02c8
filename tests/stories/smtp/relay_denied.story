# A stranger's mail for another domain is refused, in every spelling of the classical tests.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<u@third.test>
S: 550 5.7.1 *
C: RCPT TO:<u%third.test@here.test>
S: 550 5.1.1 *
C: RCPT TO:<"u@third.test">
S: 5*
C: RCPT TO:<"u@third.test"@here.test>
S: 550 5.1.1 *
C: RCPT TO:<@here.test:u@third.test>
S: 550 5.7.1 *
C: RCPT TO:<third.test!u@here.test>
S: 550 5.1.1 *
C: RCPT TO:<third.test!u>
S: 5*
C: RCPT TO:<u@third.test@here.test>
S: 5*
C: RCPT TO:<u@[127.0.0.1]>
S: 5*
C: RCPT TO:<u@THIRD.TEST>
S: 550 5.7.1 *
expect spool 0
