# AUTH PLAIN logs in, with and without an initial response.
client 127.0.0.1 pop3s
tls
S: +OK *
C: AUTH PLAIN
S: + *
C: AGJvYkBoZXJlLnRlc3QAc2VjcmV0
S: +OK *
C: QUIT
S: +OK*
S-
client 127.0.0.1 pop3s
tls
S: +OK *
C: AUTH PLAIN AGJvYkBoZXJlLnRlc3QAc2VjcmV0
S: +OK *
