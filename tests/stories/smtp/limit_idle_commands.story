# A client that only says NOOP is sent away.
config limits { idle_commands = 10 }
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
repeat 9
C: NOOP
S: 250 *
end
C: NOOP
S* 421 4.7.0 *
S-
