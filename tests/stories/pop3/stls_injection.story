# Commands that come with STLS in one segment are never executed.
segments whole
client 127.0.0.1 pop3
S: +OK *
C= STLS\r\nUSER bob\r\n
S: -ERR *
S-
