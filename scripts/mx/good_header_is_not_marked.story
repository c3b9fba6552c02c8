# A complete header is not marked, and a mark that a stranger brought is taken away.
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
C: From: ann@remote.test
C: Date: Sat, 21 Nov 2026 07:30:00 +0000
C: Message-ID: <1@remote.test>
C: X-Suspicious: no From
C:
C: text
C: .
S: 250 *
expect mail bob@here.test *Message-ID: <1@remote.test>*
expect no mail bob@here.test *X-Suspicious*
