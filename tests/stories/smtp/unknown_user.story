# A recipient that does not exist is refused at RCPT, so that no bounce is ever made.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<nobody@here.test>
S: 550 5.1.1 *
C: RCPT TO:<BOB@HERE.TEST>
S: 250 *
expect log *refused stage=rcpt *to=<nobody@here.test>*
