# A client that sends its message drop by drop is cut off, although it never rests for long.
clock 2026-11-21T07:30:00Z
config limits { data_rate = "500" }
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
C: Subject: drops
clock +20s
C: a
clock +20s
C: b
clock +20s
C: c
clock +20s
S: 421 4.*
S-
expect spool 0
