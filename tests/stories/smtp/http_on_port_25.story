# A browser that was sent here is cut off, and nothing of what it sent is reflected.
client 127.0.0.1
S: 220 *
C: GET / HTTP/1.1
S: *
S-
