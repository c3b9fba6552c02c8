# The limit is told in EHLO, and a larger SIZE is refused before the message is sent.
config limits { message_size = "64K" }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S* 250-SIZE 65536
S* 250 *
C: MAIL FROM:<ann@remote.test> SIZE=65537
S: 552 5.3.4 *
C: MAIL FROM:<ann@remote.test> SIZE=65536
S: 250 *
