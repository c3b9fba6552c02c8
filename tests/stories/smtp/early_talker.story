# A client that talks before the greeting is no mail server.
segments whole
client 127.0.0.1
C: EHLO client.test
S: 554 5.5.0 *
S-
