# A client that greets with an address that is not its own is refused, with brackets and without.
policy helo.lua
client 192.0.2.9
S: 220 *
C: EHLO [198.51.100.1]
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 Your address is 192.0.2.9, not 198.51.100.1
C: EHLO 198.51.100.1
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 Your address is 192.0.2.9, not 198.51.100.1
