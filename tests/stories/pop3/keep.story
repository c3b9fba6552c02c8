# With delete = false, DELE is answered and nothing goes.
module pop3 delete = false
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
C: QUIT
S: +OK *
S-
expect mailbox bob@here.test 2
