/* SPDX-License-Identifier: MIT */
/* One line per target: TARGET(x) for the fuzz_x.c that defines FUZZ(x). */
TARGET(address)
TARGET(auth_wire)
TARGET(encode)
TARGET(smtp_command)
TARGET(smtp_data)
TARGET(header)
TARGET(header_print)
TARGET(reply)
TARGET(date)
TARGET(dns)
TARGET(uidlist)
