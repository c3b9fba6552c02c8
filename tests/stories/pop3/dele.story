# DELE takes effect at QUIT.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: DELE 1
S: +OK*
C: RETR 1
S: -ERR *
C: DELE 1
S: -ERR *
C: STAT
S: +OK 1 24
C: LIST
S: +OK *
S: 2 24
S: .
C: QUIT
S: +OK *
S-
expect mailbox bob@here.test 1
