# A TLS handshake where plain text is spoken is cut off without a word.
client 127.0.0.1
S: 220 *
C= \x16\x03\x01\x00\x05\x01
S-
