# A message that has travelled too far is refused, not bounced.
config limits { received_fields = 10 }
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
repeat 11
C: Received: from a by b; Sat, 21 Nov 2026 07:30:00 +0000
end
C: Subject: loop
C:
C: .
S: 554 5.4.6 *
