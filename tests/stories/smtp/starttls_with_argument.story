# STARTTLS takes no argument.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: STARTTLS now
S: 501 5.5.4 *
