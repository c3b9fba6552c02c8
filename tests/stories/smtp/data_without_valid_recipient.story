# When every recipient was refused there is no 354.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<nobody@here.test>
S: 550 5.1.1 *
C: DATA
S: 5* 5.5.1 *
