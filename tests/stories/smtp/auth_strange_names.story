# Names that nobody can have are refused like any other, and reach nothing that might read them.
config limits { auth_failures = 100, errors = 100 }
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH LOGIN
S: 334 *
C: JXU=
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: Li4vLi4vZXRjL3Bhc3N3ZA==
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: YWxpY2VAaGVyZS50ZXN0AHg=
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: //4=
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: JzsgRFJPUCBUQUJMRSB1c2Vycw==
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: KikodWlkPSo=
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: YWxpY2VAaGVyZS50ZXN0CmJvYg==
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C:
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: QA==
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: QGhlcmUudGVzdA==
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: YWxpY2VA
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN
S: 334 *
C: YWxpY2VAaGVyZS50ZXN0QGhlcmUudGVzdA==
S: 334 *
C: c2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
