# RETR gives the message with CRLF line ends and stuffed dots.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: RETR 1
S: +OK *
S: From: ann@remote.test
S: Subject: one
S: 
S: first
S: ..dot
S: last
S: .
