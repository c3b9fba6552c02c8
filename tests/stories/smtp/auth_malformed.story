# A PLAIN response has three parts, and nobody acts as somebody else.
config limits { auth_failures = 10 }
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN YWxpY2VAaGVyZS50ZXN0
S: 501 5.5.2 *
C: AUTH PLAIN YWxpY2VAaGVyZS50ZXN0AHNlY3JldA==
S: 501 5.5.2 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQA
S: 501 5.5.2 *
C: AUTH PLAIN AABzZWNyZXQ=
S: 501 5.5.2 *
C: AUTH PLAIN Ym9iQGhlcmUudGVzdABhbGljZUBoZXJlLnRlc3QAc2VjcmV0
S: 535 5.7.8 *
C: AUTH
S: 501 5.5.4 *
C: AUTH LOGIN =
S: 334 UGFzc3dvcmQ6
C: *
S: 501 5.7.0 *
C: AUTH PLAIN
S: 334*
C: AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 235 2.7.0 *
