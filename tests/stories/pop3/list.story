# LIST gives number and size, of all or of one.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: LIST
S: +OK *
S: 1 58
S: 2 24
S: .
C: LIST 2
S: +OK 2 24
C: LIST 3
S: -ERR *
C: LIST 0
S: -ERR *
