# Headers are added, set and deleted once and in order; the body stays.
policy on("message", function(tx) tx:add_header("X-Added", "yes") tx:set_header("Subject", "new") tx:delete_header("X-Gone") end)
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C: MAIL FROM:<ann@remote.test>
S: 250 *
C: RCPT TO:<bob@here.test>
S: 250 *
C: DATA
S: 354 *
C: Subject: old
C: X-Gone: secret
C:
C: text
C: .
S: 250 2.0.0 *$id
expect mail bob@here.test X-Added: yes
expect mail bob@here.test Subject: new
expect no mail bob@here.test Subject: old
expect mail bob@here.test text
