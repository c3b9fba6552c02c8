# What is neither a domain nor an address literal is refused, and nothing of it comes back.
client 127.0.0.1
S: 220 *
C: EHLO
S: 501 5.5.4 *
C: EHLO <script>
S: 501 5.5.4 *
S! *script*
C= EHLO a\x01b\r\n
S: 500 5.5.2 *
C: EHLO [IPv6:bad]
S: 501 5.5.4 *
C: EHLO [127.0.0.1]
S: 250 *
