/* SPDX-License-Identifier: MIT */
/* privilege -- what each process may do: a clean start, then no more rights than its work needs. */
#include "core/process/privilege.h"

#include "core/base/str.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any server needs; some systems allow a thousand million, which only makes libraries
 * slow. */
enum { DESCRIPTORS_MAX = 524288, CAPABILITIES = 64 };

/* What a process keeps of its environment. The values of the first two are ours. */
static const struct {
	const char *name, *value;
} kept[] = {
	{ "PATH", "/usr/local/bin:/usr/bin:/bin" },
	{ "LANG", "C.UTF-8" },
	{ "TZ", NULL },
	{ "NOTIFY_SOCKET", NULL },
	{ "POSTERN_MODULE_PATH", NULL },
	{ "ASAN_OPTIONS", NULL },
	{ "UBSAN_OPTIONS", NULL },
	{ "LSAN_OPTIONS", NULL },
};

enum { KEPT = sizeof kept / sizeof kept[0], VALUE_MAX = 1024 };

/* A zone's name, not a file of somebody's choice. */
static bool
is_safe_zone(const char *value)
{
	return value[0] != '/' && value[0] != ':' && strstr(value, "..") == NULL;
}

static void
clean_environment(void)
{
	static char values[KEPT][VALUE_MAX];

	for (size_t i = 0; i < KEPT; i++) {
		const char *value = kept[i].value != NULL ? kept[i].value : getenv(kept[i].name);

		if (value == NULL || strlen(value) >= VALUE_MAX)
			continue;
		if (strcmp(kept[i].name, "TZ") == 0 && !is_safe_zone(value))
			continue;
		memcpy(values[i], value, strlen(value) + 1);
	}
	clearenv();
	for (size_t i = 0; i < KEPT; i++)
		if (values[i][0] != '\0')
			setenv(kept[i].name, values[i], 1);
}

static void
open_standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

#ifdef __SANITIZE_ADDRESS__
/* The search for leaks looks inside its own process. */
static void
be_seen(void)
{
	prctl(PR_SET_DUMPABLE, 1);
}
#endif

static void
hide_memory(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
#ifdef __SANITIZE_ADDRESS__
	static bool told;

	if (!told)
		atexit(be_seen);
	told = true;
#endif
}

void
privilege_begin(void)
{
	static const int usual[] = { SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM };
	sigset_t none;

	open_standard_descriptors();
	clean_environment();
	raise_descriptors();
	hide_memory();
	umask(077);
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		signal(usual[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- who */

static int
owner_of(const char *folder, struct identity *who, struct err *err)
{
	struct stat st;

	if (stat(folder, &st) < 0)
		return err_errno(err, "cannot find %s", folder);
	*who = (struct identity){ st.st_uid, st.st_gid, 077 };
	return 0;
}

int
privilege_find(
    const char *user, const char *group, const char *folder, struct identity *who, struct err *err)
{
	const struct passwd *entry;
	const struct group *shared;

	*who = (struct identity){ geteuid(), getegid(), 077 };
	if (geteuid() != 0)
		return 0;
	entry = user != NULL && user[0] != '\0' ? getpwnam(user) : NULL;
	if (entry == NULL)
		return owner_of(folder, who, err);
	shared = group != NULL && group[0] != '\0' ? getgrnam(group) : NULL;
	/* Several users share the mail of one group: what one makes, the others may change. */
	*who = (struct identity){ entry->pw_uid, shared != NULL ? shared->gr_gid : entry->pw_gid,
		007 };
	return 0;
}

/* ---- dropping */

/* What the checker needs to read a key that only root can; some containers have only the greater
 * right. */
static int
reading_right(void)
{
	if (capng_have_capability(CAPNG_PERMITTED, CAP_DAC_READ_SEARCH))
		return CAP_DAC_READ_SEARCH;
	return capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE) ? CAP_DAC_OVERRIDE : -1;
}

static int
change_user(const struct identity *who, struct err *err)
{
	if (setgroups(0, NULL) < 0 || setresgid(who->gid, who->gid, who->gid) < 0)
		return err_errno(err, "cannot become group %u", (unsigned)who->gid);
	if (setresuid(who->uid, who->uid, who->uid) < 0)
		return err_errno(err, "cannot become user %u", (unsigned)who->uid);
	if (who->uid != 0 && setuid(0) == 0)
		return err_set(err, "user %u could become root again", (unsigned)who->uid);
	return 0;
}

int
privilege_drop(const struct identity *who, enum privilege_keep keep, struct err *err)
{
	int right = -1;

	capng_get_caps_process();
	if (keep == PRIVILEGE_READ)
		right = reading_right();
	if (geteuid() == 0) {
		for (int i = 0; i < CAPABILITIES; i++)
			prctl(PR_CAPBSET_DROP, i);
		prctl(PR_SET_KEEPCAPS, 1);
		if (change_user(who, err) < 0)
			return -1;
		prctl(PR_SET_KEEPCAPS, 0);
	}
	capng_clear(CAPNG_SELECT_CAPS);
	if (right >= 0)
		capng_update(
		    CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED), (unsigned)right);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_set(err, "cannot give up capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "cannot give up new privileges");
	hide_memory(); /* a change of user makes it visible again */
	umask(who->mask);
	return 0;
}

/* Where a container has not even these, it keeps what there is. */
void
privilege_keep_few(void)
{
	static const unsigned needed[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
		CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_NET_BIND_SERVICE, CAP_SETGID, CAP_SETPCAP,
		CAP_SETUID };
	const capng_type_t kinds =
	    (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
	bool had[sizeof needed / sizeof needed[0]];

	if (geteuid() != 0)
		return;
	capng_get_caps_process();
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, needed[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (had[i])
			capng_update(CAPNG_ADD, kinds, needed[i]);
	(void)capng_apply(CAPNG_SELECT_BOTH);
}

int
privilege_act_for(const struct identity *who, struct err *err)
{
	if (geteuid() != 0 || who->uid == 0)
		return 0;
	capng_get_caps_process();
	if (setegid(who->gid) < 0 || seteuid(who->uid) < 0)
		return err_errno(err, "cannot act for user %u", (unsigned)who->uid);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_set(err, "cannot act for user %u: no capabilities", (unsigned)who->uid);
	return 0;
}
