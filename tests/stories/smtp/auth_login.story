# AUTH LOGIN asks for name and password; a wrong one and an unknown user are told the same.
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YWxpY2VAaGVyZS50ZXN0
S: 334 UGFzc3dvcmQ6
C: d3Jvbmc=
S: 535 5.7.8 Authentication credentials invalid
C: AUTH PLAIN AG5vYm9keUBoZXJlLnRlc3QAc2VjcmV0
S: 535 5.7.8 Authentication credentials invalid
C: AUTH LOGIN YWxpY2VAaGVyZS50ZXN0
S: 334 UGFzc3dvcmQ6
C: c2VjcmV0
S: 235 2.7.0 *
expect log *auth=fail user=alice@here.test client=127.0.0.1*
