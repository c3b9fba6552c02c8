# A reply that cannot be is replaced; nothing of it reaches the wire.
policy on("rcpt", function(tx) return reject(999, "9.9.9", "a\r\n250 ok") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 451 4.3.0 *
C: NOOP
S: 250 2.0.0 *
