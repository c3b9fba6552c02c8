# A client that greets with its own address, or on this computer with our name, is no liar.
policy helo.lua
client 192.0.2.9
S: 220 *
C: EHLO [192.0.2.9]
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: QUIT
S: 221 *
S-
client 127.0.0.1
S: 220 *
C: EHLO mx.here.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
