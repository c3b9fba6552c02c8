# The null sender is accepted: notifications must arrive.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: bounce
C:
C: .
S: 250 *
expect mail bob@here.test Return-Path: <>
