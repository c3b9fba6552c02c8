# A client that goes while a handler waits cancels the wait.
policy on("rcpt", function(tx) sleep(30000) log("woke up") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
C-
client 127.0.0.1
S: 220 *
C: NOOP
S: 250 *
expect no log *woke up*
