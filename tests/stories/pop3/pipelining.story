# Commands in one segment are answered in order.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
C: PASS secret
C: STAT
C: LIST 1
C: QUIT
S: +OK*
S: +OK *
S: +OK 1 *
S: +OK 1 *
S: +OK *
S-
