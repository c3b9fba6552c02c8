# A client that stops in the middle of its message is cut off after the configured time.
clock 2026-11-21T07:30:00Z
config limits { data_time = "40s", data_rate = 0 }
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
C: Subject: half
clock +39s
C: more
clock +41s
S: 421 4.4.2 *
S-
expect spool 0
