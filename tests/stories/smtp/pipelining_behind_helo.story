# HELO grants no pipelining.
segments whole
client 127.0.0.1
S: 220 *
C: HELO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
C: RCPT TO:<bob@here.test>
S: 554 5.5.0 *
S-
