# A sender whose domain is an address, or has no dot, is refused.
policy sender.lua
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@[192.0.2.9]>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.1.8 Mail from an address in brackets is not taken here
C: RSET
S: 250 *
C: MAIL FROM:<ann@localhost>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.1.8 The sender's domain localhost does not exist
C: RSET
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
