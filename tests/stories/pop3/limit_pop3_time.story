# A client may be silent for as long as the administrator says, and no longer.
clock 2026-11-21T07:30:00Z
config limits { pop3_time = "20m" }
client 127.0.0.1 pop3s
tls
S: +OK *
C: USER bob@here.test
S: +OK*
C: PASS secret
S: +OK *
clock +19m
C: NOOP
S: +OK*
clock +21m
S-
