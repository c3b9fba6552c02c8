# Commands that do not wait for the answer to EHLO come from a machine that reads no answers.
segments whole
client 127.0.0.1
S: 220 *
C: EHLO client.test
C: MAIL FROM:<ann@remote.test>
S: 554 5.5.0 *
S-
