/* SPDX-License-Identifier: MIT */
/* notify -- tells the service manager how it goes (sd_notify(3)), where one listens. */
#ifndef CORE_PROCESS_NOTIFY_H
#define CORE_PROCESS_NOTIFY_H

/* Remember $NOTIFY_SOCKET, and take it out of the environment of what is started. */
void notify_begin(void);
/* "READY=1", "STOPPING=1". */
void notify_send(const char *state);

#endif
