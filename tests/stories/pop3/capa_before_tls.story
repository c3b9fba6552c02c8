# Before TLS no way to log in is offered, and STLS is.
client 127.0.0.1 pop3
S: +OK *
C: CAPA
S: +OK*
S* STLS
S* .
S! USER
S! SASL*
C: USER bob@here.test
S: -ERR *
C: PASS secret
S: -ERR *
