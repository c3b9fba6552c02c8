# A client that greets with our own name is refused, once we know whom it wanted to reach.
policy helo.lua
client 192.0.2.9
S: 220 *
C: EHLO MX.here.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 That is my name, not yours
C: QUIT
S: 221 *
S-
