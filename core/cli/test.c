/* SPDX-License-Identifier: MIT */
/* test -- runs stories, several at a time, each in a process of its own. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/cli/cli.h"
#include "core/story/story.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORIES_MAX = 20000, REPORT_MAX = 512 * 1024, JOBS_MAX = 64 };

static bool over_tcp, verbose;
static uint64_t jobs;

static const struct cli_option options[] = {
	{ CLI_FLAG, 0, "tcp", &over_tcp, NULL,
	    "against a server process, with whole and with one-byte segments" },
	{ CLI_NUMBER, 'j', "jobs", &jobs, "N",
	    "stories at a time (as many as there are processors)" },
	{ CLI_FLAG, 'v', "verbose", &verbose, NULL, "name the stories that pass, too" },
	CLI_OPTION_END
};

static const char *paths[STORIES_MAX];
static size_t path_count;
static struct arena *names;

static int
add_path(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path);

	(void)st, (void)ftw;
	if (type == FTW_F && len > 6 && strcmp(path + len - 6, ".story") == 0 &&
	    path_count < STORIES_MAX)
		paths[path_count++] = arena_strdup(names, path);
	return 0;
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A story under way in a child. */
struct job {
	pid_t pid;
	FILE *report;
	const char *path;
	enum story_mode mode;
};

struct tally {
	unsigned passed, failed, skipped;
};

static const char *const mode_names[] = { "", " (over TCP)", " (over TCP, byte by byte)" };

/* In the child: run it, print the report, and say the result as exit code. */
static _Noreturn void
run_one(const char *path, enum story_mode mode, FILE *to)
{
	struct arena *a = arena_create(NULL);
	enum story_result result = STORY_FAILED;
	struct buf report;
	struct story *s;
	struct err err = { 0 };

	buf_init(&report, REPORT_MAX);
	s = story_read(a, path, &err);
	if (s == NULL)
		buf_printf(&report, "%s\n", err.text);
	else
		result = story_run(s, mode, &report);
	if (report.len > 0)
		fwrite(report.p, 1, report.len, to);
	fflush(to);
	buf_free(&report);
	arena_destroy(a);
	exit((int)result); /* not _exit: leaks are to be found */
}

static int
start(struct job *job, const char *path, enum story_mode mode)
{
	*job = (struct job){ .path = path, .mode = mode, .report = tmpfile() };
	if (job->report == NULL)
		return -1;
	fflush(NULL);
	job->pid = fork();
	if (job->pid == 0)
		run_one(path, mode, job->report);
	return job->pid > 0 ? 0 : -1;
}

static void
print_report(FILE *report)
{
	char text[4096];
	size_t got;

	rewind(report);
	while ((got = fread(text, 1, sizeof text, report)) > 0)
		fwrite(text, 1, got, stdout);
}

static void
finish(struct job *job, int status, struct tally *t)
{
	int result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (result == STORY_PASSED) {
		t->passed++;
		if (verbose)
			printf("ok %s%s\n", job->path, mode_names[job->mode]);
	} else if (result == STORY_SKIPPED) {
		t->skipped++;
		printf("SKIP %s%s: ", job->path, mode_names[job->mode]);
		print_report(job->report);
		putchar('\n');
	} else {
		t->failed++;
		printf("FAIL %s%s\n", job->path, mode_names[job->mode]);
		if (WIFSIGNALED(status))
			printf("the server was ended by signal %d\n", WTERMSIG(status));
		print_report(job->report);
	}
	fclose(job->report);
	*job = (struct job){ 0 };
}

/* Wait for one of the jobs. */
static void
reap(struct job *running, size_t count, struct tally *t)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; i < count; i++)
		if (running[i].pid == pid && pid > 0)
			finish(&running[i], status, t);
}

static struct job *
free_place(struct job *running, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (running[i].pid == 0)
			return &running[i];
	return NULL;
}

static void
run_all(enum story_mode mode, struct tally *t)
{
	static struct job running[JOBS_MAX];
	struct job *job;

	for (size_t i = 0; i < path_count; i++) {
		while ((job = free_place(running, jobs)) == NULL)
			reap(running, jobs, t);
		if (start(job, paths[i], mode) < 0)
			t->failed++;
	}
	for (size_t i = 0; i < jobs; i++)
		while (running[i].pid != 0)
			reap(running, jobs, t);
}

static int
run(int argc, char **argv)
{
	struct tally t = { 0 };

	if (argc < 2)
		return cli_usage("name a story, or a folder with stories");
	names = arena_create(NULL);
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], add_path, 16, FTW_PHYS) < 0)
			return cli_fail(EX_NOINPUT, "cannot read %s: %s", argv[i], strerror(errno));
	if (path_count == 0)
		return cli_fail(EX_NOINPUT, "there is no file with the ending .story");
	qsort(paths, path_count, sizeof *paths, compare_paths);
	if (jobs == 0)
		jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	if (!over_tcp)
		run_all(STORY_IN_PROCESS, &t);
	for (enum story_mode mode = STORY_TCP_WHOLE; over_tcp && mode <= STORY_TCP_BYTES; mode++)
		run_all(mode, &t);
	printf("stories: %u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
	arena_destroy(names);
	return t.failed > 0 ? EXIT_FAILURE : EX_OK;
}

const struct command command_test = {
	.name = "test",
	.summary = "run stories: tests of a policy, or of the server itself",
	.operands = "FILE|FOLDER ...",
	.options = options,
	.examples = "postern test /etc/postern/policy\n"
		    "postern test --tcp --verbose tests/stories/smtp\n",
	.run = run,
};
