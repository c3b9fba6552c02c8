# A client that calls itself by a name from the list is refused once it names a recipient.
module hello names = { "localhost", "friend" }
client 192.0.2.7
S: 220 *
C: EHLO Friend
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 550 5.7.1 That is not your name
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
