# A bare LF in the message refuses it, after its real end; nothing is smuggled.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\n.\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: NOOP
S: 250 *
expect mailbox bob@here.test 0
expect mailbox alice@here.test 0
