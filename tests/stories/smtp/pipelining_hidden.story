# Where a policy hides an extension, it is not there.
policy on("helo", function(tx) tx:hide_extension("PIPELINING") tx:hide_extension("SIZE") end)
segments whole
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250-8BITMIME
S: 250 *
S! 250*PIPELINING*
S! 250*SIZE*
C: MAIL FROM:<ann@remote.test> SIZE=10
S: 555 5.5.4 *
C: MAIL FROM:<ann@remote.test>
C: RCPT TO:<bob@here.test>
S: 554 5.5.0 *
S-
