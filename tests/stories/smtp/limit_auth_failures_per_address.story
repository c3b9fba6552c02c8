# One address may guess so often in ten minutes, in however many connections; then not even the right password.
clock 2026-11-21T07:30:00Z
config limits { auth_failures_per_address = 2 }
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdAB3cm9uZw==
S: 535 5.7.8 *
C: QUIT
S: 221 *
S-
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdAB3cm9uZw==
S* 535 5.7.8 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S* 4*
client2 127.0.0.2 submissions
tls2
S2: 220 *
C2: EHLO client.test
S2: 250 *
C2: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S2: 235 *
