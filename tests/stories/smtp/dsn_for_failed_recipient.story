# A recipient that proves undeliverable yields one notification to the sender, with the reason.
policy on("route", function(tx) if tx.rcpt == "bob@here.test" then return reject(550, "5.1.6", "Has moved") end end)
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
S: 250 *
expect mailbox alice@here.test 1
expect mail alice@here.test Return-Path: <>
expect mail alice@here.test Content-Type: multipart/report*
expect mail alice@here.test *Has moved*
expect mail alice@here.test Action: failed
expect spool 0
