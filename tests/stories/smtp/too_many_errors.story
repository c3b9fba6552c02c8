# A client that only makes mistakes is sent away.
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
repeat 19
C: XYZZY
S: 500 *
end
C: XYZZY
S* 421 4.7.0 *
S-
