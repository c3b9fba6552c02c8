# A client of the trusted network may relay.
config network "trusted" { "127.0.0.9/32" }
client 127.0.0.9
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<u@third.test>
S: 250 *
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<u@third.test>
S: 550 5.7.1 *
