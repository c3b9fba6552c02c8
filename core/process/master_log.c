/* SPDX-License-Identifier: MIT */
/* master_log -- one log for all processes: opened by the master, shared with the others. */
#include "core/process/master_inner.h"

#include "core/base/log.h"
#include "core/config/config.h"

#include <sys/stat.h>

void
master_share_log(struct master *m)
{
	struct stat st;
	int fd = log_fd();

	if (fstat(fd, &st) < 0 || st.st_ino == m->log_inode)
		return;
	if (m->log_inode != 0)
		for (size_t i = 0; i < m->proc_count; i++)
			proc_send(&m->procs[i], "log", &fd, 1);
	m->log_inode = st.st_ino;
}

void
master_reopen_log(struct master *m)
{
	struct err err;

	if (log_reopen(&err) < 0)
		log_error("%s", err.text);
	master_share_log(m);
}

/* The name was given to another file, or to none: as a rotation of logs does. */
static bool
has_moved(const struct master *m)
{
	struct stat st;

	return m->config->log[0] != '\0' &&
	       (stat(m->config->log, &st) < 0 || st.st_ino != m->log_inode);
}

void
master_follow_log(struct master *m)
{
	if (has_moved(m))
		master_reopen_log(m);
	master_share_log(m);
}
