# defer at connect is spoken at RCPT, so that the log knows whom it wanted to reach.
policy on("connect", function(tx) return defer(451, "4.7.1", "Come back later") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 451 4.7.1 Come back later
C: RCPT TO:<alice@here.test>
S: 451 4.7.1 Come back later
expect mailbox bob@here.test 0
expect spool 0
expect log *refused stage=connect by=story.lua:1 from=<ann@remote.test> to=<bob@here.test> client=127.0.0.1*
