# Commands that come with STARTTLS in one segment are never executed (CVE-2011-0411).
segments whole
client 127.0.0.1
S: 220 *
C: EHLO client.test
S: 250 *
C= STARTTLS\r\nEHLO evil.test\r\n
S: 554 5.5.0 *
S-
