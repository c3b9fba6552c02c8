# A header over the limit refuses the message.
config limits { header_size = "16K" }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
repeat 500
C: X-Filler-%i: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
end
C:
C: .
S: 552 5.3.4 *
