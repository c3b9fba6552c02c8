# SIZE is checked at MAIL: too large, malformed, overflowing.
config limits { message_size = "64K" }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250-SIZE 65536
S: 250 *
C: MAIL FROM:<ann@remote.test> SIZE=65537
S: 552 5.3.4 *
C: MAIL FROM:<ann@remote.test> SIZE=999999999999999999999
S: 552 5.3.4 *
C: MAIL FROM:<ann@remote.test> SIZE=-1
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test> SIZE=
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test> SIZE=1 SIZE=2
S: 501 5.5.4 *
C: MAIL FROM:<ann@remote.test> FOO=1
S: 555 5.5.4 *
C: MAIL FROM:<ann@remote.test> SIZE=65536 BODY=8BITMIME
S: 250 *
