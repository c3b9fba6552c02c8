# What nobody has goes to the catch-all mailbox, where the domain has one.
config domain "other.test" { users = "passwd", mail = "maildir", catch_all = "box" }
user box@other.test secret
client 192.0.2.7
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<whoever@other.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: caught
C:
C: .
S: 250 *
expect mailbox box@other.test 1
