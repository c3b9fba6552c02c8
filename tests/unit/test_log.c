/* SPDX-License-Identifier: MIT */
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/base/utf8.h"
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static char seen[8 * LOG_LINE_MAX];
static size_t seen_len;

static void
see(struct str line, void *arg)
{
	(void)arg;
	if (seen_len + line.len >= sizeof seen)
		return;
	memcpy(seen + seen_len, line.p, line.len);
	seen_len += line.len;
	seen[seen_len] = '\0';
}

static int64_t
fixed_clock(void *arg)
{
	(void)arg;
	return 1795246200123456789;
}

static void
begin_seeing(void)
{
	setenv("TZ", "UTC0", 1);
	seen_len = 0;
	seen[0] = '\0';
	log_capture(see, NULL);
	log_set_clock(fixed_clock, NULL);
}

static void
end_seeing(void)
{
	log_capture(NULL, NULL);
	log_set_clock(NULL, NULL);
	unsetenv("TZ");
}

static void
one_event_is_one_line(void)
{
	struct log_line l;

	begin_seeing();
	log_begin(&l, "7f3a", "queued");
	log_address(&l, "from", STR("a@b.test"));
	log_address(&l, "to", STR(""));
	log_int(&l, "size", -812);
	log_seconds(&l, "delay", 61005);
	log_seconds(&l, "back", -500);
	log_text(&l, "none", NULL);
	log_end(&l);
	log_begin(&l, NULL, "x");
	log_end(&l);
	end_seeing();
	CHECK_TEXT(seen, "2026-11-21T07:30:00.123+00:00 7f3a queued from=<a@b.test> to=<> "
			 "size=-812 delay=61.005 back=-0.500 none=\n"
			 "2026-11-21T07:30:00.123+00:00 - x\n");
}

static void
values_cannot_pretend_to_be_more(void)
{
	static const struct {
		struct str value;
		const char *written;
	} rows[] = {
		{ STR("plain"), "v=plain" },
		{ STR("two words"), "v=\"two words\"" },
		{ STR("x outcome=delivered"), "v=\"x outcome=delivered\"" },
		{ STR("a\"b\\c"), "v=\"a\\\"b\\\\c\"" },
		{ STR("a\r\n2026 - queued"), "v=\"a\\x0d\\x0a2026 - queued\"" },
		{ STR("nul\0esc\x1b[2J"), "v=\"nul\\x00esc\\x1b[2J\"" },
		{ STR("tab\t del\x7f"), "v=\"tab\\x09 del\\x7f\"" },
		{ STR("caf\xc3\xa9"), "v=caf\xc3\xa9" },
		{ STR("\xc3"), "v=\"\\xc3\"" },
		{ STR("\xc0\x80\xed\xa0\x80\xff"), "v=\"\\xc0\\x80\\xed\\xa0\\x80\\xff\"" },
		{ STR("\xc2\x85"), "v=\"\\xc2\\x85\"" },          /* NEL */
		{ STR("\xe2\x80\xae"), "v=\"\\xe2\\x80\\xae\"" }, /* right-to-left override */
		{ STR("\xe2\x80\xa8"), "v=\"\\xe2\\x80\\xa8\"" }, /* line separator */
		{ STR("\xd8\x9c"), "v=\"\\xd8\\x9c\"" },          /* Arabic letter mark */
		{ STR("%s%n"), "v=%s%n" },
	};
	struct log_line l;

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin_seeing();
		log_begin(&l, NULL, "e");
		log_str(&l, "v", rows[i].value);
		log_end(&l);
		end_seeing();
		seen[seen_len - 1] = '\0';
		CHECK_TEXT(seen + strlen("2026-11-21T07:30:00.123+00:00 - e "), rows[i].written);
	}
}

/* One newline, at the end; quotes are balanced; nothing but shown UTF-8. */
static bool
is_sound(struct str line)
{
	size_t quotes = 0, len;
	uint32_t code;

	if (line.len == 0 || line.len > LOG_LINE_MAX || line.p[line.len - 1] != '\n')
		return false;
	for (line.len--; line.len > 0; line = str_from(line, len)) {
		if ((len = utf8_next(line, &code)) == 0 || !utf8_is_shown(code))
			return false;
		if (code == '\\' && line.len > 1)
			len = 2;
		quotes += code == '"';
	}
	return quotes % 2 == 0;
}

static void
hostile_bytes_and_cut_lines_stay_sound(void)
{
	static char value[3000];
	size_t wrong = 0;

	for (int i = 0; i < 3000; i++) {
		struct log_line l;
		uint64_t dice = random_number();

		random_bytes(value, sizeof value);
		for (size_t j = 0; j < sizeof value; j++)
			if (dice & 1 || (dice & 2 && value[j] & 1))
				value[j] = "ab \"\\"[(unsigned char)value[j] % 5];
		begin_seeing();
		log_begin(&l, "id", "e");
		for (int key = 0; key < (int)(dice >> 8 & 63); key++)
			log_address(
			    &l, "key", (struct str){ value, (dice >> (key % 48)) % sizeof value });
		log_end(&l);
		end_seeing();
		wrong += !is_sound((struct str){ seen, seen_len });
	}
	CHECK_INT(wrong, 0);
}

static void
what_is_cut_says_so(void)
{
	static char value[LOG_VALUE_MAX + 1];
	struct log_line l;

	memset(value, 'v', sizeof value);
	begin_seeing();
	log_begin(&l, NULL, "e");
	log_str(&l, "a", (struct str){ value, LOG_VALUE_MAX });
	log_str(&l, "b", (struct str){ value, LOG_VALUE_MAX + 1 });
	memset(value, '\xa9', sizeof value);
	for (size_t i = 0; i < sizeof value; i += 2)
		value[i] = '\xc3';
	log_str(&l, "c", (struct str){ value, LOG_VALUE_MAX + 1 });
	log_end(&l);
	end_seeing();
	CHECK(strstr(seen, "v b=v") != NULL);
	CHECK(strstr(seen, "v... c=\xc3\xa9") != NULL);
	CHECK(strstr(seen, "\xa9...\n") != NULL);
	begin_seeing();
	log_begin(&l, NULL, "e");
	for (int i = 0; i < 1000; i++)
		log_int(&l, "number", i);
	log_end(&l);
	end_seeing();
	CHECK(seen_len <= LOG_LINE_MAX && strcmp(seen + seen_len - 5, " ...\n") == 0);
	begin_seeing();
	log_info("%s", "short");
	log_debug("not at this level");
	memset(value, 'v', sizeof value);
	log_info("%.*s", (int)sizeof value, value);
	end_seeing();
	CHECK(strstr(seen, "info text=short\n") != NULL && strstr(seen, "level") == NULL &&
	      strstr(seen, "v...\n") != NULL);
}

/* What the file at `path` holds. */
static struct str
content(const char *path)
{
	static char text[64 * 1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof text);

	close(fd);
	return (struct str){ text, len > 0 ? (size_t)len : 0 };
}

static void
count_line(size_t n)
{
	struct log_line l;

	log_begin(&l, NULL, "line");
	log_int(&l, "n", (int64_t)n);
	log_end(&l);
}

static void
a_reader_that_does_not_read_stops_nobody(void)
{
	char text[LOG_LINE_MAX];
	uint64_t before = log_dropped();
	int ends[2];
	ssize_t len;

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	log_use_fd(ends[1], NULL);
	for (size_t i = 0; i < 5000; i++)
		count_line(i);
	CHECK(log_dropped() > before);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	do
		len = read(ends[0], text, sizeof text);
	while (len > 0);
	/* The next line is told how many are missing. */
	count_line(7);
	len = read(ends[0], text, sizeof text);
	CHECK(len > 0 && memmem(text, (size_t)len, "were lost", 9) != NULL &&
	      memmem(text, (size_t)len, " n=7\n", 5) != NULL);
	log_use_fd(STDERR_FILENO, NULL);
	close(ends[0]);
	close(ends[1]);
}

static void
half_a_line_is_ended_before_the_next(void)
{
	char path[200];
	struct rlimit old, small = { 100, 0 };
	struct str text, line;

	snprintf(path, sizeof path, "%s/log", check_folder());
	CHECK_INT(log_open(path, NULL), 0);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	for (size_t i = 0; i < 5; i++)
		count_line(i);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	count_line(99);
	log_open(NULL, NULL);
	text = content(path);
	CHECK_INT(text.p[text.len - 1], '\n');
	CHECK(memmem(text.p, text.len, "were lost", 9) != NULL &&
	      memmem(text.p, text.len, " n=99\n", 6) != NULL);
	/* Each line has one date: none was glued to another. */
	while (str_cut(&text, '\n', &line))
		CHECK(str_starts(line, STR("20")) && str_find(str_from(line, 11), 'T') < 0);
}

static void
a_file_is_opened_again_by_its_name(void)
{
	char path[200], moved[220];

	snprintf(path, sizeof path, "%s/log", check_folder());
	snprintf(moved, sizeof moved, "%s.1", path);
	CHECK_INT(log_open(path, NULL), 0);
	count_line(1);
	CHECK_INT(rename(path, moved), 0);
	CHECK_INT(log_reopen(NULL), 0);
	count_line(2);
	log_open(NULL, NULL);
	CHECK(memmem(content(moved).p, content(moved).len, "n=1\n", 4) != NULL);
	CHECK(memmem(content(path).p, content(path).len, "n=2\n", 4) != NULL);
	CHECK_INT(symlink(moved, path), -1);
	unlink(path);
	CHECK_INT(symlink(moved, path), 0);
	CHECK_INT(log_open(path, NULL), -1);
}

void
suite_log(void)
{
	static const struct test tests[] = {
		{ "one event is one line", one_event_is_one_line },
		{ "values cannot pretend to be more", values_cannot_pretend_to_be_more },
		{ "hostile bytes and cut lines stay sound",
		    hostile_bytes_and_cut_lines_stay_sound },
		{ "what is cut says so", what_is_cut_says_so },
		{ "a reader that does not read stops nobody",
		    a_reader_that_does_not_read_stops_nobody },
		{ "half a line is ended before the next", half_a_line_is_ended_before_the_next },
		{ "a file is opened again by its name", a_file_is_opened_again_by_its_name },
	};

	CHECK_SUITE("log", tests);
}
