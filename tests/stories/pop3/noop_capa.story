# NOOP answers; CAPA lists what there is, USER and SASL only where passwords are safe.
client 127.0.0.1 pop3s
tls
S: +OK *
C: CAPA
S: +OK*
S* .
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
C: NOOP
S: +OK*
