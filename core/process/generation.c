/* SPDX-License-Identifier: MIT */
/* generation -- a checked configuration, frozen: what every process that starts gets to see. */
#include "core/process/generation.h"

#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/loop/channel.h"
#include "core/module_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

/* ---- in the checker */

static int
write_sealed(int fd, const char *text, struct err *err)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t put = write(fd, text, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, "cannot write the snapshot");
		text += put;
		len -= (size_t)put;
	}
	return fcntl(fd, F_ADD_SEALS, SEALS) < 0 ? err_errno(err, "cannot seal the snapshot") : 0;
}

static int
make_snapshot(const struct config *config, struct err *err)
{
	int fd = memfd_create("postern-generation", MFD_CLOEXEC | MFD_ALLOW_SEALING), result;
	char *text = config_to_json(config);

	if (fd < 0 || text == NULL)
		result = err_errno(err, "cannot make the snapshot");
	else
		result = write_sealed(fd, text, err);
	free(text);
	if (result == 0)
		return fd;
	close(fd);
	return -1;
}

static int
send_packet(int socket, const char *text, const int *fds, size_t count, struct err *err)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec bytes = { (char *)(uintptr_t)text, strlen(text) };
	struct msghdr m = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)) };

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	return sendmsg(socket, &m, MSG_NOSIGNAL) < 0 ? err_errno(err, "cannot send the generation")
						     : 0;
}

/* The opened file of a module; the checker may have it open already. */
static int
open_module(const struct config_use *use, int *fd, struct err *err)
{
	if (use->fd < 0)
		return module_open(use->file, fd, err);
	*fd = use->fd;
	return 0;
}

static int
send_modules(int socket, const struct config *config, struct err *err)
{
	int fds[CHANNEL_FDS_MAX];
	size_t held = 0;

	for (size_t i = 0; i < config->use_count; i++) {
		if (open_module(&config->uses[i], &fds[held], err) < 0)
			return -1;
		if (++held < CHANNEL_FDS_MAX && i + 1 < config->use_count)
			continue;
		if (send_packet(socket, "modules", fds, held, err) < 0)
			return -1;
		held = 0;
	}
	return 0;
}

int
generation_send(int socket, const struct config *config, struct err *err)
{
	char text[32];
	int snapshot;

	if (config->use_count > GENERATION_MODULES_MAX)
		return err_set(err, "more than %d modules are used", GENERATION_MODULES_MAX);
	snapshot = make_snapshot(config, err);
	if (snapshot < 0)
		return -1;
	snprintf(text, sizeof text, "%zu", config->use_count);
	return send_packet(socket, text, &snapshot, 1, err) < 0 ? -1
								: send_modules(socket, config, err);
}

/* ---- in the master, and in the processes that it starts */

/* The snapshot's text; the bytes stay mapped as long as the process, or the arena's memory is a
 * copy. */
static int
read_snapshot(struct arena *arena, int fd, struct str *text, struct err *err)
{
	struct stat st;
	char *bytes;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > GENERATION_BYTES_MAX)
		return err_set(err, "the snapshot has an impossible size");
	bytes = arena_alloc(arena, (size_t)st.st_size);
	if (pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size)
		return err_errno(err, "cannot read the snapshot");
	*text = (struct str){ bytes, (size_t)st.st_size };
	return 0;
}

struct config *
generation_open(struct arena *arena, int snapshot, int first_module, struct err *err)
{
	struct config *config;
	struct str text = { 0 };

	if (read_snapshot(arena, snapshot, &text, err) < 0)
		return NULL;
	config = config_from_json(arena, text, err);
	for (size_t i = 0; config != NULL && first_module >= 0 && i < config->use_count; i++)
		config->uses[i].fd = first_module + (int)i;
	return config;
}

struct generation *
generation_create(void)
{
	struct arena *arena = arena_create(NULL);
	struct generation *g = arena_alloc(arena, sizeof *g);

	g->arena = arena;
	g->snapshot = -1;
	return g;
}

/* The first packet: the snapshot, which must not change any more, and the number of modules. */
static int
add_snapshot(struct generation *g, struct str packet, const int *fds, size_t count, struct err *err)
{
	uint64_t modules;

	if (count != 1 || !str_number(packet, GENERATION_MODULES_MAX, &modules))
		return err_set(err, "the checker sent something else than a snapshot");
	g->snapshot = fds[0];
	g->expected = modules;
	if (fcntl(g->snapshot, F_GET_SEALS) != SEALS)
		return err_set(err, "the snapshot is not sealed");
	g->config = generation_open(g->arena, g->snapshot, -1, err);
	return g->config != NULL ? 0 : -1;
}

int
generation_add_take(
    struct generation *g, struct str packet, const int *fds, size_t count, struct err *err)
{
	if (g->snapshot < 0) {
		for (size_t i = 1; i < count; i++)
			close(fds[i]);
		if (add_snapshot(g, packet, fds, count, err) < 0)
			return -1;
	} else {
		for (size_t i = 0; i < count; i++)
			if (g->module_count < g->expected)
				g->modules[g->module_count++] = fds[i];
			else
				close(fds[i]);
	}
	if (g->module_count == g->expected && g->config->use_count != g->expected)
		return err_set(err, "the snapshot does not fit its modules");
	return g->module_count == g->expected;
}

void
generation_destroy(struct generation *g)
{
	if (g == NULL)
		return;
	if (g->snapshot >= 0)
		close(g->snapshot);
	for (size_t i = 0; i < g->module_count; i++)
		close(g->modules[i]);
	arena_destroy(g->arena);
}
