/* SPDX-License-Identifier: MIT */
/* module_trust -- whether a file and the folders above it are safe from others. */
#include "core/module_trust.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program's own file; "" where that cannot be known. */
static const char *
own_path(void)
{
	static char path[PATH_MAX];
	ssize_t len;

	if (path[0] != '\0')
		return path;
	len = readlink("/proc/self/exe", path, sizeof path - 1);
	path[len > 0 ? len : 0] = '\0';
	return path;
}

/* Who owns a folder that holds this program too can replace the program: no reason to ask then. */
static bool
holds_program(const char *folder)
{
	size_t len = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return true;
	return strncmp(own_path(), folder, len) == 0 && own_path()[len] == '/';
}

static bool
owner_is_trusted(uid_t owner)
{
	struct stat program;

	return owner == 0 || owner == geteuid() ||
	       (stat(own_path(), &program) == 0 && owner == program.st_uid);
}

/* `path` itself, without what is above it. */
static int
check_one(const char *path, struct err *err)
{
	bool is_folder, sticky;
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_errno(err, "cannot look at %s", path);
	is_folder = S_ISDIR(st.st_mode);
	if (!is_folder && !S_ISREG(st.st_mode))
		return err_set(err, "%s is neither a file nor a folder", path);
	/* In a sticky folder only the owner of a thing can rename or remove it. */
	sticky = is_folder && (st.st_mode & S_ISVTX) != 0;
	if ((st.st_mode & S_IWOTH) != 0 && !sticky)
		return err_set(err, "%s is writable by everyone: refused", path);
	if ((st.st_mode & S_IWGRP) != 0 && !sticky)
		return err_set(err, "%s is writable by its group: refused", path);
	if (!owner_is_trusted(st.st_uid) && !(is_folder && holds_program(path)))
		return err_set(err,
		    "%s belongs to user %u, neither root nor the running one: refused", path,
		    (unsigned)st.st_uid);
	return 0;
}

int
module_trust(const char *path, struct err *err)
{
	char part[PATH_MAX];
	char *slash;

	if (path[0] != '/' || snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return err_set(err, "%s is no absolute path", path);
	for (;;) {
		if (check_one(part, err) < 0)
			return -1;
		slash = strrchr(part, '/');
		if (slash == part)
			return check_one("/", err);
		*slash = '\0';
	}
}
