# A message that has come a long way is taken for one that runs in circles.
config limits { received_fields = 2 }
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
repeat 3
C: Received: from x.test by y%i.test; Sat, 21 Nov 2026 07:30:00 +0000
end
C: Subject: x
C:
C: text
C: .
S: 554 5.4.6 *
expect spool 0
