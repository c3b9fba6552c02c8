# drop at tls closes the connection.
policy on("tls", function(tx) return drop() end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: STARTTLS
S: 220 *
tls
S* 421 4.7.0 *
S-
