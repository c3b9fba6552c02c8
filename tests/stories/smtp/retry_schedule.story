# A deferred recipient is tried again on schedule, and told as failed in the end.
clock 2026-11-21T07:30:00Z
config retry { "5m", "15m", every = "30m", give_up = "2h", warn = "1h" }
policy on("route", function(tx) if tx.rcpt == "bob@here.test" then return defer(451, "4.2.0", "Not today") end end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 *
C: MAIL FROM:<alice@here.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: From: alice@here.test
C: Subject: hi
C:
C: .
S: 250 2.0.0 *$id
C: QUIT
S: 221 *
S-
expect log *$id outcome=deferred to=<bob@here.test>*delay=0.*
clock +5m
expect log *$id outcome=deferred to=<bob@here.test>*delay=300.*
clock +15m
expect log *$id outcome=deferred to=<bob@here.test>*delay=1200.*
expect mailbox alice@here.test 0
clock +65m
expect mailbox alice@here.test 1
expect mail alice@here.test Action: delayed
clock +90m
expect mailbox alice@here.test 2
expect mail alice@here.test Action: failed
expect log *$id outcome=failed to=<bob@here.test>*
expect spool 0
