# Commands out of their state, unknown ones and overlong lines are refused.
client 127.0.0.1 pop3s
tls
S: +OK *
C: STAT
S: -ERR *
C: RETR 1
S: -ERR *
C: XYZZY
S: -ERR *
C: PASS secret
S: -ERR *
C: NOOP aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
S: -ERR *
C: USER bob@here.test
S: +OK*
