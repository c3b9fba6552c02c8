# AUTH can be cancelled; bad base64 and other mechanisms are refused.
client 127.0.0.1 pop3s
tls
S: +OK *
C: AUTH PLAIN
S: + *
C: *
S: -ERR *
C: AUTH PLAIN ???
S: -ERR *
C: AUTH NTLM
S: -ERR *
C: STAT
S: -ERR *
