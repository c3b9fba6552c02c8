# STLS secures the session; what was said before is forgotten.
client 127.0.0.1 pop3
S: +OK *
C: STLS
S: +OK*
tls
C: PASS secret
S: -ERR *
C: CAPA
S: +OK*
S* .
S! STLS
C: STLS
S: -ERR *
C: USER bob
S: +OK*
C: PASS secret
S: +OK *
