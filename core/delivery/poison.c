/* SPDX-License-Identifier: MIT */
/* poison -- messages whose delivery kills the worker. */
#include "core/delivery/poison.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/crc32c.h"
#include "core/spool/envelope.h"

enum { SLOTS = 4096, PROBES = 32, BOOT_MAX = 40 };

struct slot {
	_Atomic int32_t pid; /* who delivers it now; 0: nobody */
	uint32_t crashes;
	char id[SPOOL_ID_MAX]; /* "": free */
};

struct file {
	char boot[BOOT_MAX];
	struct slot slots[SLOTS];
};

struct poison {
	struct file *file;
	int32_t pid; /* of this process */
};

static void
close_file(void *arg)
{
	struct poison *p = arg;

	munmap(p->file, sizeof *p->file);
}

static void
read_boot(char to[BOOT_MAX])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, to, BOOT_MAX - 1);

	to[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

struct poison *
poison_open(struct arena *arena, const char *data, struct err *err)
{
	const char *path = arena_printf(arena, "%s/delivering", data);
	struct poison *p = arena_alloc(arena, sizeof *p);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	char boot[BOOT_MAX];

	if (fd < 0 || ftruncate(fd, sizeof *p->file) < 0) {
		err_errno(err, "cannot open %s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	p->file = mmap(NULL, sizeof *p->file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p->file == MAP_FAILED) {
		err_errno(err, "cannot map %s", path);
		return NULL;
	}
	p->pid = getpid();
	arena_cleanup(arena, close_file, p);
	read_boot(boot);
	if (strncmp(p->file->boot, boot, sizeof boot) != 0) {
		memset(p->file->slots, 0, sizeof p->file->slots);
		memcpy(p->file->boot, boot, sizeof boot);
	}
	return p;
}

/* The slots in which the message may stand. */
static struct slot *
probe(struct poison *p, const char *id, unsigned i)
{
	return &p->file->slots[(crc32c(0, id, strlen(id)) + i) % SLOTS];
}

static struct slot *
find(struct poison *p, const char *id)
{
	for (unsigned i = 0; i < PROBES; i++)
		if (strncmp(probe(p, id, i)->id, id, SPOOL_ID_MAX) == 0)
			return probe(p, id, i);
	return NULL;
}

/* The message is not being delivered by this process, so the same number was another's. */
static bool
is_dead(const struct poison *p, int32_t pid)
{
	return pid == p->pid || (kill(pid, 0) < 0 && errno == ESRCH);
}

unsigned
poison_crashes(struct poison *p, const char *id)
{
	struct slot *s = p == NULL ? NULL : find(p, id);
	int32_t pid;

	if (s == NULL)
		return 0;
	pid = atomic_load(&s->pid);
	if (pid != 0 && is_dead(p, pid) && atomic_compare_exchange_strong(&s->pid, &pid, 0))
		s->crashes++;
	return s->crashes;
}

/* Where no slot is free it goes unnoticed: there are far more of them than deliveries at a time. */
void
poison_begin(struct poison *p, const char *id)
{
	struct slot *s = p == NULL ? NULL : find(p, id);

	if (s != NULL) {
		atomic_store(&s->pid, p->pid);
		return;
	}
	for (unsigned i = 0; p != NULL && i < PROBES; i++) {
		int32_t nobody = 0;

		s = probe(p, id, i);
		if (s->id[0] != '\0' || !atomic_compare_exchange_strong(&s->pid, &nobody, p->pid))
			continue;
		s->crashes = 0;
		snprintf(s->id, sizeof s->id, "%s", id);
		return;
	}
}

void
poison_end(struct poison *p, const char *id)
{
	struct slot *s = p == NULL ? NULL : find(p, id);

	if (s == NULL)
		return;
	s->crashes = 0;
	memset(s->id, 0, sizeof s->id);
	atomic_store(&s->pid, 0);
}
