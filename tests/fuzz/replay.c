/* SPDX-License-Identifier: MIT */
/*
 * replay -- gives every file of the corpus to its target: `replay CORPUS [TARGET ...]`.
 *
 * Needs neither clang nor libFuzzer. Each target runs in a child, which notes in shared memory
 * which file it is at: where it crashes or hangs, that file is named, and a new child goes on
 * behind it.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_A_FILE = 20, FOLDER_SIZE = 2048, PATH_SIZE = 4096 };

struct target {
	const char *name;
	int (*fn)(const uint8_t *, size_t);
};

#define TARGET(name) int fuzz_##name(const uint8_t *, size_t);
#include "tests/fuzz/targets.h"
#undef TARGET

static const struct target targets[] = {
#define TARGET(name) { #name, fuzz_##name },
#include "tests/fuzz/targets.h"
#undef TARGET
};

static int *at; /* shared: the file that the child has begun */

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The input stands in a block of exactly its size, so that reading past it is found. */
static void
replay_file(const struct target *t, const char *path)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *input;
	size_t size;
	long end;

	if (f == NULL || fseek(f, 0, SEEK_END) < 0 || (end = ftell(f)) < 0)
		die(path);
	rewind(f);
	input = malloc(end > 0 ? (size_t)end : 1);
	size = fread(input, 1, (size_t)end, f);
	fclose(f);
	alarm(SECONDS_A_FILE);
	t->fn(input, size);
	free(input);
}

/* In the child: all files from `first` on. */
static void
replay_from(const struct target *t, const char folder[FOLDER_SIZE], struct dirent **files,
    int count, int first)
{
	char path[PATH_SIZE];

	for (int i = first; i < count; i++) {
		*at = i;
		snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
		replay_file(t, path);
	}
	exit(0);
}

/* Returns how many files failed; `*passed` grows by the others. */
static int
replay_target(const struct target *t, const char *corpus, int *passed)
{
	struct dirent **files;
	char folder[FOLDER_SIZE];
	int count, failed = 0;

	snprintf(folder, sizeof folder, "%s/%s", corpus, t->name);
	count = scandir(folder, &files, is_visible, alphasort);
	if (count <= 0) {
		printf("FAIL %s: no corpus at %s\n", t->name, folder);
		return 1;
	}
	for (int first = 0; first < count; first = *at + 1) {
		int status;

		*at = first;
		fflush(NULL);
		if (fork() == 0)
			replay_from(t, folder, files, count, first);
		if (wait(&status) < 0)
			die("wait");
		if (status == 0)
			break;
		printf("FAIL %s: %s/%s (status 0x%x)\n", t->name, folder, files[*at]->d_name,
		    (unsigned)status);
		failed++;
	}
	*passed += count - failed;
	for (int i = 0; i < count; i++)
		free(files[i]);
	free(files);
	return failed;
}

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 2;
}

int
main(int argc, char **argv)
{
	const char *corpus = argc > 1 ? argv[1] : "tests/fuzz/corpus";
	int passed = 0, failed = 0;

	at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
		if (wanted(targets[i].name, argc, argv))
			failed += replay_target(&targets[i], corpus, &passed);
	printf("fuzz: %d passed, %d failed\n", passed, failed);
	return failed > 0;
}
