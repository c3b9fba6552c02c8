/* SPDX-License-Identifier: MIT */
/* log -- one event, one line: made for grep. */
#include "core/base/log.h"
#include "core/base/err.h"
#include "core/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TAIL = 8, VALUE_LEAST = 48, CHECK_SECONDS = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = STDERR_FILENO;
static bool own_fd; /* `out` was opened here */
static char *out_path;
static time_t last_check;
static enum log_level least = LOG_INFO;
static bool torn; /* the last write was a part of its line */
static uint64_t dropped, dropped_told;
static void (*capture_fn)(struct str, void *);
static void *capture_arg;
static int64_t (*clock_fn)(void *);
static void *clock_arg;

static int64_t
now_ns(void)
{
	struct timespec t;

	if (clock_fn != NULL)
		return clock_fn(clock_arg);
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* How much more fits: room is kept for what marks a full line, and for the newline. */
static size_t
room(const struct log_line *l)
{
	return sizeof l->text - TAIL - l->len;
}

static void
put(struct log_line *l, const char *p, size_t len)
{
	if (len > room(l))
		return;
	memcpy(l->text + l->len, p, len);
	l->len += len;
}

static void
put_text(struct log_line *l, const char *s)
{
	put(l, s, strlen(s));
}

/* The length of the code point at the start that may stand in a line as it is; 0: none. */
static size_t
printable(struct str s)
{
	uint32_t code;
	size_t len = utf8_next(s, &code);

	return len > 0 && utf8_is_shown(code) ? len : 0;
}

static bool
needs_quotes(struct str s)
{
	size_t len;

	for (; s.len > 0; s = str_from(s, len))
		if ((len = printable(s)) == 0 || memchr(" \"\\", s.p[0], 3) != NULL)
			return true;
	return false;
}

static void
put_escaped(struct log_line *l, struct str s)
{
	char hex[8];
	size_t len;

	for (; s.len > 0; s = str_from(s, len > 0 ? len : 1)) {
		len = printable(s);
		if (len == 0) {
			snprintf(hex, sizeof hex, "\\x%02x", (unsigned char)s.p[0]);
			put_text(l, hex);
			continue;
		}
		if (s.p[0] == '"' || s.p[0] == '\\')
			put(l, "\\", 1);
		put(l, s.p, len);
	}
}

/* A key with no room for a value worth reading behind it is left out, and all keys after it. */
static bool
put_key(struct log_line *l, const char *key)
{
	l->full = l->full || room(l) < strlen(key) + VALUE_LEAST;
	if (l->full)
		return false;
	put_text(l, " ");
	put_text(l, key);
	put_text(l, "=");
	return true;
}

/* At most `most` bytes of the value, and no half of a code point. */
static struct str
shorten(struct str s, size_t most)
{
	if (s.len <= most)
		return s;
	for (size_t i = 0; i < 3 && most > 0 && ((unsigned char)s.p[most] & 0xc0) == 0x80; i++)
		most--;
	return (struct str){ s.p, most };
}

/* A value that is too long is cut, and three dots say so. An escape takes four bytes; quotes, what
 * stands before and after, and the dots take eight. */
static void
put_value(struct log_line *l, const char *before, struct str value, const char *after)
{
	bool quotes = needs_quotes(shorten(value, LOG_VALUE_MAX));
	size_t most = (room(l) - 8) / (quotes ? 4 : 1);
	struct str s = shorten(value, most < LOG_VALUE_MAX ? most : LOG_VALUE_MAX);

	if (quotes)
		put_text(l, "\"");
	put_text(l, before);
	put_escaped(l, s);
	put_text(l, s.len < value.len ? "..." : "");
	put_text(l, after);
	if (quotes)
		put_text(l, "\"");
}

void
log_begin(struct log_line *l, const char *id, const char *event)
{
	int64_t ns = now_ns();
	time_t seconds = (time_t)(ns / 1000000000);
	char date[40], zone[8], ms[8];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof zone, "%z", &tm);
	snprintf(ms, sizeof ms, ".%03d", (int)(ns / 1000000 % 1000));
	l->len = 0;
	l->full = false;
	put_text(l, date);
	put_text(l, ms);
	put(l, zone, 3);
	put_text(l, ":");
	put_text(l, zone + 3);
	put_text(l, " ");
	put_text(l, id != NULL && id[0] != '\0' ? id : "-");
	put_text(l, " ");
	put_text(l, event);
}

void
log_str(struct log_line *l, const char *key, struct str value)
{
	if (put_key(l, key))
		put_value(l, "", value, "");
}

void
log_text(struct log_line *l, const char *key, const char *value)
{
	log_str(l, key, str_of(value));
}

void
log_address(struct log_line *l, const char *key, struct str address)
{
	if (put_key(l, key))
		put_value(l, "<", address, ">");
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)value);
	if (put_key(l, key))
		put_text(l, text);
}

void
log_seconds(struct log_line *l, const char *key, int64_t ms)
{
	char text[32];

	snprintf(text, sizeof text, "%s%lld.%03d", ms < 0 ? "-" : "", llabs(ms / 1000),
	    abs((int)(ms % 1000)));
	if (put_key(l, key))
		put_text(l, text);
}

/* Another program may have moved the file away (logrotate); look now and then. */
static void
follow_path(void)
{
	struct stat named, opened;
	time_t now = time(NULL);
	int fd;

	if (!own_fd || out_path == NULL || now - last_check < CHECK_SECONDS)
		return;
	last_check = now;
	if (stat(out_path, &named) == 0 && fstat(out, &opened) == 0 &&
	    named.st_ino == opened.st_ino && named.st_dev == opened.st_dev)
		return;
	fd = open(out_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return;
	close(out);
	out = fd;
}

/* A reader that does not read (a full pipe, a stopped terminal) must not stop us. */
static bool
takes_more(void)
{
	struct pollfd p = { .fd = out, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

static bool
write_all(const char *p, size_t len)
{
	ssize_t wrote;

	do
		wrote = write(out, p, len);
	while (wrote < 0 && errno == EINTR);
	torn = wrote > 0 && wrote < (ssize_t)len;
	return wrote == (ssize_t)len;
}

static bool
write_line(const char *p, size_t len)
{
	if (capture_fn != NULL) {
		capture_fn((struct str){ p, len }, capture_arg);
		return true;
	}
	follow_path();
	if (!takes_more())
		return false;
	/* Half a line on a full disk must not become the beginning of the next one. */
	if (torn && !write_all("\n", 1)) {
		torn = true;
		return false;
	}
	return write_all(p, len);
}

static void
tell_dropped(void)
{
	uint64_t count = dropped - dropped_told;
	struct log_line l;

	if (count == 0)
		return;
	log_begin(&l, NULL, "warning");
	log_text(&l, "text", "lines of this log were lost, because it could not be written");
	log_int(&l, "count", (int64_t)count);
	l.text[l.len++] = '\n';
	if (write_line(l.text, l.len))
		dropped_told += count;
}

void
log_end(struct log_line *l)
{
	int keep = errno;

	if (l->full) {
		memcpy(l->text + l->len, " ...", 4);
		l->len += 4;
	}
	l->text[l->len++] = '\n';
	pthread_mutex_lock(&lock);
	tell_dropped();
	if (!write_line(l->text, l->len))
		dropped++;
	pthread_mutex_unlock(&lock);
	errno = keep;
}

void
log_message(enum log_level level, const char *format, ...)
{
	static const char *const names[] = { "debug", "info", "warning", "error" };
	char text[LOG_VALUE_MAX + 2]; /* one byte more than fits, so that the cut is seen */
	struct log_line l;
	va_list ap;

	if (level < least)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_begin(&l, NULL, names[level]);
	log_text(&l, "text", text);
	log_end(&l);
}

static void
set_out(int fd, const char *path, bool own)
{
	char *copy = path != NULL ? strdup(path) : NULL;

	pthread_mutex_lock(&lock);
	if (own_fd)
		close(out);
	free(out_path);
	out = fd;
	out_path = copy;
	own_fd = own;
	pthread_mutex_unlock(&lock);
}

int
log_open(const char *path, struct err *err)
{
	int fd;

	if (path == NULL) {
		set_out(STDERR_FILENO, NULL, false);
		return 0;
	}
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "cannot open log file %s", path);
	set_out(fd, path, true);
	return 0;
}

void
log_use_fd(int fd, const char *path)
{
	set_out(fd, path, false);
}

int
log_reopen(struct err *err)
{
	char path[4096];

	if (out_path == NULL || (size_t)snprintf(path, sizeof path, "%s", out_path) >= sizeof path)
		return 0;
	return log_open(path, err);
}

int
log_fd(void)
{
	return out;
}

void
log_set_level(enum log_level level)
{
	least = level;
}

void
log_capture(void (*fn)(struct str, void *), void *arg)
{
	capture_fn = fn;
	capture_arg = arg;
}

uint64_t
log_dropped(void)
{
	return dropped;
}

void
log_set_clock(int64_t (*fn)(void *), void *arg)
{
	clock_fn = fn;
	clock_arg = arg;
}
