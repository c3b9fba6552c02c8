# On port 465 TLS comes before the greeting.
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250-AUTH PLAIN LOGIN
S: 250 *
S! 250*STARTTLS*
