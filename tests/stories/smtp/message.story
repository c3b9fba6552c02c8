# A message arrives: accepted, durable, delivered, with Received and Return-Path.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 2.1.0 *
C: RCPT TO:<bob@here.test>
S: 250 2.1.5 *
C: DATA
S: 354 *
C: From: ann@remote.test
C: Subject: hello
C:
C: first line
C: ..dot
C: .
S: 250 2.0.0 *$id
C: QUIT
S: 221 2.0.0 *
S-
expect mailbox bob@here.test 1
expect mail bob@here.test Return-Path: <ann@remote.test>
expect mail bob@here.test Subject: hello
expect mail bob@here.test .dot
expect mail bob@here.test Received: from client.test*
expect log *$id queued from=<ann@remote.test>*
expect log *$id outcome=delivered to=<bob@here.test>*
expect spool 0
