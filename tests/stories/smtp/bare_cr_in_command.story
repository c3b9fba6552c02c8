# A bare CR or a NUL in a command is refused.
client 127.0.0.1
S: 220 *
C= EHLO client\rtest\r\n
S: 500 5.5.2 *
C= EHLO client.test\x00\r\n
S: 500 5.5.2 *
C: EHLO client.test
S: 250 *
