# USER and PASS open the mailbox; STAT counts octets as they will be sent.
mail bob@here.test From: ann@remote.test\nSubject: one\n\nfirst\n.dot\nlast\n
mail bob@here.test Subject: two\n\nsecond\n
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: STAT
S: +OK 2 *
C: QUIT
S: +OK *
S-
