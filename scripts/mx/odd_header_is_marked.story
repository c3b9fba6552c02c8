# A message without From, Date and Message-ID arrives with a mark.
policy header.lua
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
C: Subject: x
C:
C: text
C: .
S: 250 *
expect mail bob@here.test *X-Suspicious: no From, no Date, no Message-ID*
