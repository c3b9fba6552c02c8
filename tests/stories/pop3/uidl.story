# UIDL names are the same in the next session.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: UIDL
S: +OK*
S: 1 $one
S: 2 $two
S: .
C: UIDL 2
S: +OK 2 $two
C: QUIT
S: +OK *
S-
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: UIDL 1
S: +OK 1 $one
