/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/module_trust.h"
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The build tree that this program stands in: "/b" of "/b/tests/unit/run". */
static const char *
tree(void)
{
	static char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

	path[len > 0 ? len : 0] = '\0';
	for (int up = 0; up < 3; up++)
		*strrchr(path, '/') = '\0';
	return path;
}

/* Copy a file of the build tree into a fresh folder under another name. */
static const char *
copy(struct arena *a, const char *from, const char *to)
{
	const char *source = arena_printf(a, "%s/%s", tree(), from),
		   *file = arena_printf(a, "%s/%s", check_folder(), to);
	int in = open(source, O_RDONLY), out = open(file, O_WRONLY | O_CREAT | O_EXCL, 0755);
	static char bytes[1 << 16];
	ssize_t len;

	CHECK(in >= 0 && out >= 0);
	while ((len = read(in, bytes, sizeof bytes)) > 0)
		CHECK(write(out, bytes, (size_t)len) == len);
	close(in);
	close(out);
	return file;
}

static void
a_module_is_loaded_once(void)
{
	struct arena *a = arena_create(NULL);
	const struct module *one, *two;
	const char *name, *file;
	struct err err;

	file = module_find(a, "maxrcpt", &err);
	CHECK(file != NULL);
	one = module_load(file, -1, &name, &err);
	CHECK(one != NULL);
	CHECK_TEXT(name, "maxrcpt");
	CHECK(one->on[STAGE_RCPT] != NULL);
	two = module_load(file, -1, &name, &err);
	CHECK(one == two);
	arena_destroy(a);
}

static void
its_file_may_be_renamed(void)
{
	struct arena *a = arena_create(NULL);
	const char *name = "", *file = copy(a, "modules/.libs/maxrcpt.so", "other.so");
	const struct module *m;
	struct err err = { 0 };

	m = module_load(file, -1, &name, &err);
	CHECK_TEXT(err.text, "");
	CHECK(m != NULL);
	CHECK_TEXT(name, "maxrcpt");
	arena_destroy(a);
}

static void
a_kept_descriptor_is_loaded(void)
{
	struct arena *a = arena_create(NULL);
	const char *name = "", *file = copy(a, "modules/.libs/maxrcpt.so", "gone.so");
	const struct module *m;
	struct err err = { 0 };
	int fd = -1;

	CHECK_INT(module_open(file, &fd, &err), 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	/* What stands in the folder meanwhile is nobody's business. */
	CHECK_INT(unlink(file), 0);
	m = module_load(file, fd, &name, &err);
	CHECK_TEXT(err.text, "");
	CHECK(m != NULL && m->on[STAGE_RCPT] != NULL);
	close(fd);
	arena_destroy(a);
}

static void
a_refusal_says_what_differs(void)
{
	static const struct {
		const char *file, *says;
	} rows[] = {
		{ "symbol", "undefined symbol: there_is_no_such_function" },
		{ "major", "was built for ABI 2.0, this server has 1.0" },
		{ "minor", "was built for ABI 1.3, this server has 1.0" },
		{ "size", "its struct storage has" },
		{ "needs", "needs capabilities that this server lacks (0x40)" },
		{ "nameless", "is no module of Postern: it lacks the symbol postern_module" },
		{ "twice", "has 2 abilities; one is the most" },
		{ "option", "option wide lies outside of its 8 bytes" },
		{ "summary", "has no summary" },
		{ "stage", "wants stage 31, which this server does not have" },
	};
	struct arena *a = arena_create(NULL);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *name,
		    *file = arena_printf(a, "%s/tests/unit/odd/.libs/%s.so", tree(), rows[i].file);
		struct err err = { 0 };

		CHECK(module_load(file, -1, &name, &err) == NULL);
		if (strstr(err.text, rows[i].says) == NULL || strstr(err.text, file) == NULL)
			CHECK_TEXT(err.text, rows[i].says);
	}
	arena_destroy(a);
}

/* THREATS.md, F5 */
static void
what_others_may_change_is_refused(void)
{
	static const struct {
		mode_t file, folder;
		const char *says; /* NULL: fine */
	} rows[] = {
		{ 0755, 0755, NULL },
		{ 0644, 01777, NULL },
		{ 0775, 0755, "x.so is writable by its group" },
		{ 0757, 0755, "x.so is writable by everyone" },
		{ 0755, 0775, " is writable by its group" },
		{ 0755, 0777, " is writable by everyone" },
	};
	struct arena *a = arena_create(NULL);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *file = copy(a, "modules/.libs/maxrcpt.so", "x.so"), *name;
		char *folder = arena_strdup(a, file);
		struct err err = { 0 };

		*strrchr(folder, '/') = '\0';
		CHECK_INT(chmod(file, rows[i].file), 0);
		CHECK_INT(chmod(folder, rows[i].folder), 0);
		CHECK((module_load(file, -1, &name, &err) != NULL) == (rows[i].says == NULL));
		if (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL)
			CHECK_TEXT(err.text, rows[i].says);
		chmod(folder, 0700);
	}
	arena_destroy(a);
}

static void
what_is_no_module_is_refused(void)
{
	struct arena *a = arena_create(NULL);
	const char *name, *folder = check_folder(), *file = arena_printf(a, "%s/x.so", folder);
	struct err err = { 0 };
	FILE *f = fopen(file, "w");

	fputs("\177ELF, or so it says", f);
	fclose(f);
	CHECK(module_load(file, -1, &name, &err) == NULL);
	CHECK(strstr(err.text, "cannot load module") != NULL);
	CHECK(module_load("/nowhere/x.so", -1, &name, &err) == NULL);
	CHECK_TEXT(err.text, "cannot open module /nowhere/x.so: No such file or directory");
	CHECK(module_load(folder, -1, &name, &err) == NULL);
	CHECK_INT(mkfifo(arena_printf(a, "%s/pipe", folder), 0600), 0);
	CHECK(module_load(arena_printf(a, "%s/pipe", folder), -1, &name, &err) == NULL);
	CHECK(strstr(err.text, "neither a file nor a folder") != NULL);
	arena_destroy(a);
}

static void
the_nearest_name_is_offered(void)
{
	struct arena *a = arena_create(NULL);
	const char *const *names;
	struct err err;
	size_t count = module_names(a, &names), found = 0;

	CHECK(module_find(a, "maxrcp", &err) == NULL);
	CHECK_TEXT(err.text, "no module 'maxrcp'; did you mean 'maxrcpt'?");
	for (size_t i = 0; i < count; i++) {
		CHECK(i == 0 || strcmp(names[i - 1], names[i]) < 0);
		found += strcmp(names[i], "maxrcpt") == 0 || strcmp(names[i], "trace") == 0;
	}
	CHECK_INT(found, 2);
	CHECK_TEXT(module_find(a, "/x/y.so", &err), "/x/y.so");
	arena_destroy(a);
}

static void
the_variable_names_folders(void)
{
	struct arena *a = arena_create(NULL);
	const char *file = copy(a, "modules/.libs/maxrcpt.so", "mine.so");
	char *folder = arena_strdup(a, file);
	struct err err;

	*strrchr(folder, '/') = '\0';
	setenv("POSTERN_MODULE_PATH", arena_printf(a, "/nowhere::%s", folder), 1);
	CHECK_TEXT(module_path()[0], "/nowhere");
	CHECK_TEXT(module_find(a, "mine", &err), file);
	unsetenv("POSTERN_MODULE_PATH");
	CHECK(module_find(a, "mine", &err) == NULL);
	arena_destroy(a);
}

static void
a_use_is_loaded_configured_and_started(void)
{
	struct arena *a = arena_create(NULL);
	struct config_use use = {
		.name = "trace", .fd = -1, .options = "{\"stages\": [\"rcpt\"]}"
	};
	struct err err = { 0 };

	CHECK_INT(module_use(a, &use, "/data", true, &err), 0);
	CHECK(use.module != NULL && use.conf != NULL);
	use.module->stop(use.conf);
	use.options = "{\"stages\": [\"rctp\"]}";
	CHECK_INT(module_use(a, &use, "/data", true, &err), -1);
	CHECK_TEXT(err.text, "trace: there is no stage 'rctp'");
	use.options = "{\"facst\": true}";
	CHECK_INT(module_use(a, &use, "/data", false, &err), -1);
	CHECK_TEXT(err.text, "use \"trace\": unknown option 'facst'; did you mean 'facts'?");
	arena_destroy(a);
}

void
suite_module_load(void)
{
	static const struct test tests[] = {
		{ "a module is loaded once", a_module_is_loaded_once },
		{ "its file may be renamed", its_file_may_be_renamed },
		{ "a kept descriptor is loaded, whatever the folder holds now",
		    a_kept_descriptor_is_loaded },
		{ "a refusal says what differs, or which symbol is missing (C10)",
		    a_refusal_says_what_differs },
		{ "what others may change is refused (F5)", what_others_may_change_is_refused },
		{ "what is no module is refused", what_is_no_module_is_refused },
		{ "the nearest name is offered", the_nearest_name_is_offered },
		{ "POSTERN_MODULE_PATH names folders", the_variable_names_folders },
		{ "a use is loaded, configured and started",
		    a_use_is_loaded_configured_and_started },
	};

	CHECK_SUITE("module_load", tests);
}
