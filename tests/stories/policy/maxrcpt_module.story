# A C module decides like a script: maxrcpt limits recipients.
module maxrcpt limit = 1
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: RCPT TO:<alice@here.test>
S: 452 4.5.3 *
