# A recipient that proves undeliverable after the 250: its sender is told, once.
policy on("route", function(tx) if tx.rcpt == "bob@here.test" then return reject(550, "5.7.1", "Not today") end end)
listen submission policy = "story"
listen submission auth_without_tls = true
client 127.0.0.1 submission
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
C: Subject: round and round
C:
C: text
C: .
S: 250 *
expect log *outcome=failed to=<bob@here.test> * dsn=5.7.1 *
expect log *outcome=delivered to=<alice@here.test> relay=local *
expect mailbox bob@here.test 0
expect mailbox alice@here.test 1
expect mail alice@here.test Return-Path: <>
expect mail alice@here.test Auto-Submitted: auto-replied
expect mail alice@here.test Final-Recipient: rfc822; bob@here.test
expect mail alice@here.test Action: failed
expect mail alice@here.test Status: 5.7.1
expect mail alice@here.test Subject: round and round
expect no mail alice@here.test text
