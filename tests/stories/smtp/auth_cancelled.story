# A client may cancel AUTH with an asterisk; bad base64 is refused.
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN
S: 334*
C: *
S: 501 5.7.0 *
C: AUTH PLAIN
S: 334*
C: ???
S: 501 5.5.2 *
C: AUTH PLAIN =
S: 501 5.5.2 *
C: AUTH NTLM
S: 504 5.5.4 *
C: MAIL FROM:<alice@here.test>
S: 530 5.7.0 *
