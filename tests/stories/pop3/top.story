# TOP gives the header and so many lines of the body.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: TOP 1 1
S: +OK*
S: From: ann@remote.test
S: Subject: one
S: 
S: first
S: .
C: TOP 2 0
S: +OK*
S: Subject: two
S: 
S: .
C: TOP 1 -1
S: -ERR *
C: TOP 1
S: -ERR *
