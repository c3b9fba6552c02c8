# What speaks another protocol is cut off.
segments whole
client 127.0.0.1
S: 220 *
C: SSH-2.0-OpenSSH_9.2
S: 554 *
S! *OpenSSH*
S-
