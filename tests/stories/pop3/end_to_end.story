# What SMTP took is what POP3 gives.
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
C: Subject: end to end
C:
C: ..a line with a dot
C: .
S: 250 *
C: QUIT
S: 221 *
S-
expect mailbox bob@here.test 1
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: RETR 1
S: +OK *
S: Return-Path: <ann@remote.test>
S: Delivered-To: bob@here.test
S: Received: *
S* Subject: end to end
S: 
S: ..a line with a dot
S: .
