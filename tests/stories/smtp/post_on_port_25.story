# A form that a browser was made to send here does nothing (ALPACA).
segments whole
client 127.0.0.1
S: 220 *
C: POST / HTTP/1.1
C: Host: mx.here.test
C:
C: EHLO evil.test
C: MAIL FROM:<ann@remote.test>
S: 554 *
S-
