# Nothing but CR LF . CR LF ends the data: each of these is one message, refused at its real end.
config limits { errors = 100 }
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
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\n.\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r.\rMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r.\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\n.\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\n.\rMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\n\x00.\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.6.0 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\x00\n.\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.6.0 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\n.\x00\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.6.0 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\n.\r\x00\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.6.0 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r.\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\n.\rMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\n.\r\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C= Subject: x\r\n\r\ntext\r\r\n.\r\r\nMAIL FROM:<eve@remote.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nsmuggled\r\n.\r\n
S: 550 5.5.2 *
C: NOOP
S: 250 *
expect mailbox bob@here.test 0
expect mailbox alice@here.test 0
expect spool 0
