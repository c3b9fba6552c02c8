# STARTTLS secures the session and forgets what came before.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250-STARTTLS
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: STARTTLS
S: 220 2.0.0 *
tls
C: RCPT TO:<bob@here.test>
S: 503 5.5.1 *
C: EHLO client.test
S: 250 *
S! 250*STARTTLS*
C: STARTTLS
S: 503 5.5.1 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
