# A second session on the same mailbox is told that it is in use.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
client2 127.0.0.1 pop3s
tls2
S2: +OK *
C2: USER bob@here.test
S2: +OK*
C2: PASS secret
S2: -ERR [IN-USE] *
C: QUIT
S: +OK *
S-
C2: USER bob@here.test
S2: +OK*
C2: PASS secret
S2: +OK *
