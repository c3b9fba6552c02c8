# discard makes no sense at auth: the handler has failed, and its fail mode defers.
# (A plain return of it would be a mistake when the policy is loaded.)
policy on("auth", function(tx) local v = discard() return v end)
client 127.0.0.1 submissions
tls
S: 220 *
C: EHLO client.test
S: 250 *
C: AUTH PLAIN AGFsaWNlQGhlcmUudGVzdABzZWNyZXQ=
S: 4*
expect log *discard*auth*
