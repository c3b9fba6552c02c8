# A UTF-8 address needs SMTPUTF8, and valid UTF-8.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250-SMTPUTF8
S: 250 *
C: MAIL FROM:<ä@remote.test>
S: 553 5.6.7 *
C= MAIL FROM:<\xc3@remote.test> SMTPUTF8\r\n
S: 501 5.6.7 *
C: MAIL FROM:<ä@remote.test> SMTPUTF8
S: 250 *
