/* SPDX-License-Identifier: MIT */
/*
 * module_load -- finds, checks and loads modules (libltdl).
 *
 * libltdl binds lazily and calls every failure "file not found", so dlopen binds all symbols
 * first and says what is missing; libltdl then finds the module open already.
 */
#include "core/module_load.h"
#include "core/base/arena.h"
#include "core/loop/loop.h"
#include "core/module.h"
#include "core/module_trust.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <ltdl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is loaded, for as long as the process lives. */
struct loaded {
	struct loaded *next;
	dev_t device;
	ino_t inode;
	const char *name;
	const struct module *module;
};

static struct loaded *all;

static struct arena *
memory(void)
{
	static struct arena *arena;

	if (arena == NULL)
		arena = arena_create(NULL);
	return arena;
}

int
module_open(const char *file, int *fd, struct err *err)
{
	char real[PATH_MAX];

	if (realpath(file, real) == NULL)
		return err_errno(err, "cannot open module %s", file);
	if (module_trust(real, err) < 0)
		return -1;
	*fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *fd < 0 ? err_errno(err, "cannot open module %s", real) : 0;
}

/* The words of dlerror without the name by which the file was opened, which tells nobody anything.
 */
static const char *
why_not(const char *opened_as)
{
	const char *text = dlerror();
	size_t len = strlen(opened_as);

	if (text == NULL)
		return "unknown reason";
	if (strncmp(text, opened_as, len) == 0 && text[len] == ':')
		text += len + 1 + strspn(text + len + 1, " ");
	return text;
}

/* Open the shared object behind `fd` by libltdl, for ever. */
static lt_dlhandle
open_object(const char *file, int fd, struct err *err)
{
	char path[64];
	lt_dladvise advise;
	lt_dlhandle handle = NULL;

	/* The descriptor stays open: the loader knows an object by its path, which must stay its
	 * own. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	dlerror();
	if (dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) == NULL) {
		err_set(err, "cannot load module %s: %s", file, why_not(path));
		return NULL;
	}
	if (lt_dlinit() != 0 || lt_dladvise_init(&advise) != 0) {
		err_set(err, "cannot load module %s: %s", file, lt_dlerror());
		return NULL;
	}
	if (lt_dladvise_local(&advise) == 0 && lt_dladvise_resident(&advise) == 0)
		handle = lt_dlopenadvise(path, advise);
	if (handle == NULL)
		err_set(err, "cannot load module %s: %s", file, lt_dlerror());
	lt_dladvise_destroy(&advise);
	return handle;
}

/* Sizes that must be the same on both sides, because arrays of the struct are walked, and those
 * that may have grown since. */
static int
check_sizes(const char *file, const struct module_abi *abi, struct err *err)
{
	const struct {
		const char *what;
		size_t theirs, ours;
		bool may_grow;
	} sizes[] = {
		{ "struct module", abi->size, sizeof(struct module), true },
		{ "struct option", abi->option_size, sizeof(struct option), false },
		{ "struct protocol", abi->protocol_size, sizeof(struct protocol), true },
		{ "struct deliverer", abi->deliverer_size, sizeof(struct deliverer), true },
		{ "struct storage", abi->storage_size, sizeof(struct storage), true },
		{ "struct lookup", abi->lookup_size, sizeof(struct lookup), true },
	};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		if (sizes[i].theirs == sizes[i].ours)
			continue;
		if (sizes[i].may_grow && abi->minor != MODULE_ABI_MINOR &&
		    sizes[i].theirs < sizes[i].ours)
			continue;
		return err_set(err,
		    "module %s does not fit this server: its %s has %zu bytes, the server's %zu; "
		    "build it again",
		    file, sizes[i].what, sizes[i].theirs, sizes[i].ours);
	}
	return 0;
}

/* Whether the module was built for this core or an older minor of it; a refusal says what differs.
 */
static int
check_abi(const char *file, const struct module_abi *abi, struct err *err)
{
	if (abi->major != MODULE_ABI_MAJOR || abi->minor > MODULE_ABI_MINOR)
		return err_set(err,
		    "module %s was built for ABI %u.%u, this server has %u.%u; build it again",
		    file, abi->major, abi->minor, MODULE_ABI_MAJOR, MODULE_ABI_MINOR);
	if (abi->needs != MODULE_NEEDS_NOTHING)
		return err_set(err, "module %s needs capabilities that this server lacks (0x%x)",
		    file, (unsigned)abi->needs);
	return check_sizes(file, abi, err);
}

static size_t
option_size(enum option_type type)
{
	static const size_t sizes[] = {
		[OPTION_IS_INT] = sizeof(int64_t),
		[OPTION_IS_BOOL] = sizeof(bool),
		[OPTION_IS_STRING] = sizeof(const char *),
		[OPTION_IS_PATH] = sizeof(const char *),
		[OPTION_IS_DURATION] = sizeof(uint64_t),
		[OPTION_IS_SIZE] = sizeof(uint64_t),
		[OPTION_IS_LIST] = sizeof(const struct option_list *),
	};

	return (size_t)type < sizeof sizes / sizeof sizes[0] ? sizes[type] : 0;
}

/* Mistakes of whoever wrote the module that no compiler finds. */
static int
check_struct(const char *file, const struct module *m, struct err *err)
{
	int abilities = (m->protocol != NULL) + (m->filter != NULL) + (m->deliverer != NULL) +
			(m->storage != NULL) + (m->lookup != NULL);

	if (m->summary == NULL || m->summary[0] == '\0')
		return err_set(err, "module %s has no summary", file);
	if (abilities > 1)
		return err_set(err, "module %s has %d abilities; one is the most", file, abilities);
	for (int stage = STAGE_COUNT; stage < STAGE_SLOTS; stage++)
		if (m->on[stage] != NULL)
			return err_set(err,
			    "module %s wants stage %d, which this server does not have", file,
			    stage);
	for (const struct option *o = m->options; o != NULL && o->name != NULL; o++) {
		size_t size = option_size(o->type);

		if (size == 0 || o->offset > m->conf_size || size > m->conf_size - o->offset)
			return err_set(err, "module %s: option %s lies outside of its %zu bytes",
			    file, o->name, m->conf_size);
	}
	return 0;
}

static struct loaded *
find_loaded(const struct stat *st)
{
	for (struct loaded *l = all; l != NULL; l = l->next)
		if (l->device == st->st_dev && l->inode == st->st_ino)
			return l;
	return NULL;
}

/* Load what `fd` refers to; takes it where that succeeds. */
static struct loaded *
load_fd(const char *file, int fd, const struct stat *st, struct err *err)
{
	lt_dlhandle handle = open_object(file, fd, err);
	const struct module_abi *abi;
	const char *name;
	struct module *copy;
	struct loaded *l;

	if (handle == NULL)
		return NULL;
	abi = lt_dlsym(handle, "postern_module");
	name = lt_dlsym(handle, "postern_module_name");
	if (abi == NULL || name == NULL) {
		err_set(err, "%s is no module of Postern: it lacks the symbol %s", file,
		    abi == NULL ? "postern_module" : "postern_module_name");
		return NULL;
	}
	if (check_abi(file, abi, err) < 0)
		return NULL;
	/* An older minor has a shorter struct: what it lacks is zero. */
	copy = arena_alloc(memory(), sizeof *copy);
	memcpy(copy, abi, abi->size);
	if (check_struct(file, copy, err) < 0)
		return NULL;
	l = arena_alloc(memory(), sizeof *l);
	*l = (struct loaded){
		.next = all, .device = st->st_dev, .inode = st->st_ino, .name = name, .module = copy
	};
	return all = l;
}

const struct module *
module_load(const char *file, int fd, const char **name, struct err *err)
{
	struct loaded *l;
	struct stat st;
	int own = -1;

	/* A descriptor of our own: the caller may close the other. */
	if (fd < 0) {
		if (module_open(file, &own, err) < 0)
			return NULL;
	} else if ((own = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0) {
		err_errno(err, "cannot keep module %s open", file);
		return NULL;
	}
	if (fstat(own, &st) < 0) {
		err_errno(err, "cannot look at module %s", file);
		close(own);
		return NULL;
	}
	l = find_loaded(&st);
	if (l != NULL) {
		close(own);
	} else if ((l = load_fd(file, own, &st, err)) == NULL) {
		/* Not closed: an object that was opened and refused keeps its path in the loader.
		 */
		return NULL;
	}
	*name = l->name;
	return l->module;
}

/* ---- the worker's loop, for modules' threads */

static struct loop *loop;

void
module_set_loop(struct loop *of_this_worker)
{
	loop = of_this_worker;
}

void
module_post(void (*fn)(void *arg), void *arg)
{
	assert(loop != NULL);
	loop_post(loop, fn, arg);
}
