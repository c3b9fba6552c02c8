# A NUL behind the dot does not end the message, and refuses it.
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
C= Subject: x\r\n\r\n.\x00\r\n.\r\n
S: 550 5.6.0 *
