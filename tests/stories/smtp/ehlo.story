# EHLO offers what the server can do, and STARTTLS before TLS.
client 127.0.0.1
S: 220 mx.here.test ESMTP*
C: EHLO client.test
S: 250-mx.here.test*
S* 250 *
C: NOOP
S: 250 *
