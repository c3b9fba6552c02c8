# A wrong password and an unknown user are told the same.
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS wrong
S: -ERR [AUTH] $text*
C: USER nobody@here.test
S: +OK*
C: PASS secret
S: -ERR [AUTH] $text*
expect log *auth=fail user=bob@here.test client=127.0.0.1*
