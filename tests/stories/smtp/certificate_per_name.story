# A client gets the certificate of the name that it asks for, and without a name the first one.
config tls { name = { "other.test", "elsewhere.test" }, cert = "other.pem", key = "other-key.pem" }
client 127.0.0.1 submissions
tls OTHER.test
S: 220 *
client2 127.0.0.1 submissions
tls2 mx.here.test
S2: 220 *
