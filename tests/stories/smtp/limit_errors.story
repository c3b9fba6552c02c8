# A client that makes so many mistakes is sent away.
config limits { errors = 3 }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
repeat 2
C: XYZZY
S: 500 *
end
C: XYZZY
S* 421 4.7.0 *
S-
