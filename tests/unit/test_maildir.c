/* SPDX-License-Identifier: MIT */
#include "modules/maildir/maildir.h"
#include "tests/lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct module maildir_LTX_module;

static struct maildir set;
static const struct storage *store;
static struct err err;
static char root[600];

/* A mail root of its own for each test. */
static void
begin(void)
{
	static int number;

	store = maildir_LTX_module.storage;
	snprintf(root, sizeof root, "%s/mail%d", check_folder(), number++);
	set = (struct maildir){ .root = root };
	CHECK_INT(maildir_LTX_module.start(&set, &err), 0);
}

static struct mailbox *
open_inbox(unsigned how)
{
	struct mailbox *box = NULL;

	err = (struct err){ 0 };
	return store->open(&set, STR("alice@example.test"), STR("INBOX"), how, &box, &err) == 0
		   ? box
		   : NULL;
}

static int64_t
read_str(void *arg, uint64_t offset, void *to, size_t len, struct err *e)
{
	struct str left = str_from(*(struct str *)arg, (size_t)offset);

	(void)e;
	if (len > left.len)
		len = left.len;
	memcpy(to, left.p, len);
	return (int64_t)len;
}

static int
append(struct mailbox *box, struct storage_append *a, struct str text)
{
	a->read = read_str;
	a->arg = &text;
	return store->append(box, a, &err);
}

static size_t
look(struct mailbox *box, struct arena *arena, struct storage_message **m)
{
	uint32_t validity, next;
	size_t count = 0;

	CHECK_INT(store->messages(box, arena, m, &count, &validity, &next, &err), 0);
	CHECK(validity != 0);
	return count;
}

static void
check_text(struct mailbox *box, uint32_t uid, struct str want, size_t piece)
{
	char got[4096];
	size_t len = 0;
	int64_t n;

	while ((n = store->read(box, uid, len, got + len, piece, &err)) > 0)
		len += (size_t)n;
	CHECK_INT(n, 0);
	CHECK_STR(((struct str){ got, len }), want);
}

static void
text_comes_back_byte_for_byte(void)
{
	static const struct str texts[] = { { "Subject: x\r\n\r\nbody\r\n", 20 }, { "", 0 },
		{ "\r\n", 2 }, { "no end", 6 }, { "a\rb\r\r\nc\r\n", 9 }, { "\r\n.\r\n..\r\n", 9 },
		{ "\r", 1 }, { "x\r", 2 } };
	struct arena *a = arena_create(NULL);
	struct storage_message *m;
	struct mailbox *box;
	size_t count;

	begin();
	box = open_inbox(STORAGE_CREATE);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct storage_append p = { .date_ns = (int64_t)(1700000000 + i) * 1000000000 };

		CHECK_INT(append(box, &p, texts[i]), 0);
	}
	count = look(box, a, &m);
	CHECK_INT(count, sizeof texts / sizeof texts[0]);
	for (size_t i = 0; i < count; i++)
		for (size_t piece = 1; piece < 5; piece++) {
			CHECK_INT(m[i].uid, i + 1);
			CHECK_INT(m[i].size, texts[i].len);
			CHECK_INT(m[i].date_ns / 1000000000, 1700000000 + i);
			check_text(box, m[i].uid, texts[i], piece);
		}
	store->close(box);
	arena_destroy(a);
}

static void
the_same_delivery_twice_is_one_message(void)
{
	struct storage_append p = { .name = STR("I0aQ3xR0"), .date_ns = 1763712000000000000 };
	struct arena *a = arena_create(NULL);
	struct storage_message *m;
	struct mailbox *box;
	char path[1400];
	int fd;

	begin();
	box = open_inbox(STORAGE_CREATE);
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	CHECK_TEXT(p.stored_name, "1763712000.I0aQ3xR0.postern,S=6,W=7");
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	CHECK_INT(look(box, a, &m), 1);

	/* what a loss of power left is replaced */
	snprintf(path, sizeof path, "%s/new/%s", p.stored_path, p.stored_name);
	CHECK_INT(truncate(path, 0), 0);
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	check_text(box, 1, STR("hello\r\n"), 64);

	/* its owner has read it: it moved */
	CHECK_INT(store->change(box, &m[0].uid, 1, STORAGE_SEEN, 0, false, &err), 0);
	p.look = true;
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	CHECK_INT(look(box, a, &m), 1);
	CHECK_INT(m[0].flags, STORAGE_SEEN);

	/* its owner has expunged it (dated now: older ones are not recorded) */
	p = (struct storage_append){ .name = STR("I0aQ3xR1"), .look = true };
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	CHECK_INT(look(box, a, &m), 2);
	CHECK_INT(store->change(box, &m[1].uid, 1, 0, 0, true, &err), 0);
	p.date_ns = 1000000000 * (int64_t)atoll(p.stored_name);
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	CHECK_INT(look(box, a, &m), 1);
	store->close(box);

	snprintf(path, sizeof path, "%s/example.test/alice/tmp", root);
	fd = rmdir(path); /* nothing was left in tmp/ */
	CHECK_INT(fd, 0);
	arena_destroy(a);
}

/* A power cut may leave a name without its bytes: nobody is shown an empty message. */
static void
what_is_not_whole_is_not_shown(void)
{
	struct storage_append p = { .name = STR("I0aQ3yR0"), .date_ns = 1763712000000000000 };
	struct arena *a = arena_create(NULL);
	struct storage_message *m;
	struct mailbox *box;
	char path[1400];

	begin();
	box = open_inbox(STORAGE_CREATE);
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	snprintf(path, sizeof path, "%s/new/%s", p.stored_path, p.stored_name);
	CHECK_INT(truncate(path, 0), 0);
	CHECK_INT(look(box, a, &m), 0);
	CHECK_INT(append(box, &p, STR("hello\r\n")), 0);
	CHECK_INT(look(box, a, &m), 1);
	check_text(box, 1, STR("hello\r\n"), 64);
	store->close(box);
	arena_destroy(a);
}

static void
uids_last_and_are_never_given_twice(void)
{
	struct arena *a = arena_create(NULL);
	struct storage_append p = { 0 };
	struct storage_message *m;
	struct mailbox *box;

	begin();
	box = open_inbox(STORAGE_CREATE);
	for (int i = 0; i < 3; i++)
		append(box, &p, STR("x\r\n"));
	CHECK_INT(look(box, a, &m), 3);
	CHECK_INT(store->change(box, &m[2].uid, 1, 0, 0, true, &err), 0);
	store->close(box);
	box = open_inbox(0);
	append(box, &p, STR("y\r\n"));
	CHECK_INT(look(box, a, &m), 3);
	CHECK_INT(m[0].uid, 1);
	CHECK_INT(m[1].uid, 2);
	CHECK_INT(m[2].uid, 4);
	store->close(box);
	arena_destroy(a);
}

/* The machine died while a line was written; and the whole list is garbage. */
static void
a_damaged_uidlist_is_mended(void)
{
	struct arena *a = arena_create(NULL);
	struct storage_append p = { 0 };
	struct storage_message *m;
	struct mailbox *box;
	char path[1400];
	struct stat st;

	begin();
	box = open_inbox(STORAGE_CREATE);
	append(box, &p, STR("x\r\n"));
	append(box, &p, STR("y\r\n"));
	CHECK_INT(look(box, a, &m), 2);
	store->close(box);
	snprintf(path, sizeof path, "%s/example.test/alice/" MAILDIR_UIDLIST, root);
	stat(path, &st);
	CHECK_INT(truncate(path, st.st_size - 4), 0);
	box = open_inbox(0);
	CHECK_INT(look(box, a, &m), 2);
	CHECK_INT(m[0].uid, 1);
	CHECK(m[1].uid > 2);
	store->close(box);
	box = open_inbox(0);
	CHECK_INT(look(box, a, &m), 2);
	store->close(box);

	CHECK_INT(truncate(path, 0), 0);
	box = open_inbox(0);
	CHECK_INT(look(box, a, &m), 2);
	store->close(box);
	arena_destroy(a);
}

static void
two_sessions_exclude_each_other(void)
{
	struct mailbox *one, *two;

	begin();
	one = open_inbox(STORAGE_CREATE | STORAGE_EXCLUSIVE);
	CHECK(one != NULL);
	CHECK(open_inbox(STORAGE_EXCLUSIVE) == NULL);
	CHECK_INT(err.code, EBUSY);
	two = open_inbox(0); /* delivery goes on */
	CHECK(two != NULL);
	store->close(two);
	store->close(one);
	one = open_inbox(STORAGE_EXCLUSIVE);
	CHECK(one != NULL);
	store->close(one);
}

/* THREATS.md F15: an empty mount point is not a mail root. */
static void
a_root_without_marker_defers(void)
{
	char marker[700];

	begin();
	snprintf(marker, sizeof marker, "%s/" MAILDIR_MARKER, root);
	unlink(marker);
	CHECK(open_inbox(STORAGE_CREATE) == NULL);
	CHECK_INT(maildir_LTX_module.start(&set, &err), 0);
	CHECK(open_inbox(STORAGE_CREATE) == NULL);
	CHECK_INT(access(marker, F_OK), -1);
}

/* THREATS.md F1: links, pipes and strange names where messages should be. */
static void
hostile_files_are_not_followed(void)
{
	struct arena *a = arena_create(NULL);
	struct storage_append p = { 0 };
	struct storage_message *m;
	struct mailbox *box;
	char path[1400], other[1400];

	begin();
	box = open_inbox(STORAGE_CREATE);
	snprintf(path, sizeof path, "%s/example.test/alice/new/1.link", root);
	CHECK_INT(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof path, "%s/example.test/alice/new/2.pipe", root);
	CHECK_INT(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/example.test/alice/cur/3.\n.x", root);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	snprintf(path, sizeof path, "%s/example.test/alice/cur/:2,S", root);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	snprintf(path, sizeof path, "%s/example.test/alice/cur/4.\xff.x", root);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	CHECK_INT(look(box, a, &m), 1);
	CHECK_STR(m[0].name, STR("4.\xff.x"));

	snprintf(path, sizeof path, "%s/example.test/alice/new", root);
	snprintf(other, sizeof other, "%s/elsewhere", root);
	mkdir(other, 0700);
	rename(path, strcat(strcpy(other, path), ".old"));
	snprintf(other, sizeof other, "%s/elsewhere", root);
	CHECK_INT(symlink(other, path), 0);
	CHECK_INT(append(box, &p, STR("x\r\n")), -1);
	CHECK_INT(rmdir(other), 0);
	store->close(box);

	snprintf(path, sizeof path, "%s/example.test/alice", root);
	snprintf(other, sizeof other, "%s/example.test/moved", root);
	rename(path, other);
	CHECK_INT(symlink(other, path), 0);
	CHECK(open_inbox(STORAGE_CREATE) == NULL);
	arena_destroy(a);
}

static void
names_of_users_are_escaped(void)
{
	static const struct {
		const char *user, *path;
	} rows[] = {
		{ "alice@example.test", "example.test/alice" },
		{ "a.b+c=d_e-f@example.test", "example.test/a.b+c=d_e-f" },
		{ "..@example.test", "example.test/%2E." },
		{ ".@example.test", "example.test/%2E" },
		{ "user+../../x@d", "d/user+..%2F..%2Fx" },
		{ "-f@d", "d/%2Df" },
		{ "a%2Fb@d", "d/a%252Fb" },
		{ "a@b@d", "d/a%40b" },
		{ "J\xc3\xb6@d", "d/J%C3%B6" },
		{ "a@[192.0.2.1]", "%5B192.0.2.1%5D/a" },
		{ "@d", NULL },
		{ "a@", NULL },
		{ "a", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char to[600];

		if (name_of_user(str_of(rows[i].user), to, sizeof to) < 0)
			strcpy(to, "-");
		CHECK_STR_AT(
		    str_of(to), str_of(rows[i].path == NULL ? "-" : rows[i].path), rows[i].user);
	}
}

static void
names_of_mailboxes_are_maildir_plus_plus(void)
{
	static const struct {
		const char *name, *dir;
	} rows[] = {
		{ "Archive", ".Archive" },
		{ "Archive/2026", ".Archive.2026" },
		{ "a.b", ".a&AC4-b" },
		{ "Entw\xc3\xbcrfe", ".Entw&APw-rfe" },
		{ "\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		    ".&U,BTFw-.&ZeVnLIqe-" }, /* RFC 3501, 5.1.3 */
		{ "a&b", ".a&-b" },
		{ "\xf0\x9f\x93\xac", ".&2D3c7A-" },
		{ "cur", ".cur" },
		{ "~root", ".~root" },
		{ "INBOX/x", ".INBOX.x" },
		{ "..", NULL },
		{ ".", NULL },
		{ "", NULL },
		{ "a//b", NULL },
		{ "a/../b", NULL },
		{ "../../etc/passwd", NULL },
		{ "/a", NULL },
		{ "a\tb", NULL },
		{ "a\xff", NULL },
	};
	struct buf back;

	buf_init(&back, 1024);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char to[256];

		if (name_of_mailbox(str_of(rows[i].name), to, sizeof to) < 0)
			strcpy(to, "-");
		CHECK_STR_AT(
		    str_of(to), str_of(rows[i].dir == NULL ? "-" : rows[i].dir), rows[i].name);
		if (rows[i].dir != NULL) {
			CHECK_INT_AT(name_to_mailbox(str_of(to), &back), 0, rows[i].name);
			CHECK_STR_AT(buf_str(&back), str_of(rows[i].name), rows[i].name);
		}
	}
	CHECK_INT(name_to_mailbox(STR(".a&AGI-"), &back), -1); /* "ab", but not as we write it */
	CHECK_INT(name_to_mailbox(STR(".a&b"), &back), -1);
	buf_free(&back);
}

static int
count_name(struct str name, void *arg)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

static void
mailboxes_are_made_renamed_and_removed(void)
{
	struct str alice = STR("alice@example.test");
	int count = 0;

	begin();
	store->close(open_inbox(STORAGE_CREATE));
	CHECK_INT(store->make(&set, alice, STR("Archive"), &err), 0);
	CHECK_INT(store->make(&set, alice, STR("Archive/2026"), &err), 0);
	CHECK_INT(store->rename(&set, alice, STR("Archive"), STR("Old"), &err), 0);
	CHECK_INT(store->list(&set, alice, count_name, &count, &err), 0);
	CHECK_INT(count, 3);
	CHECK_INT(store->remove(&set, alice, STR("Old/2026"), &err), 0);
	CHECK_INT(store->remove(&set, alice, STR("Archive"), &err), -1);
	CHECK_INT(store->remove(&set, alice, STR("INBOX"), &err), -1);
	count = 0;
	store->list(&set, alice, count_name, &count, &err);
	CHECK_INT(count, 2);
}

/* Another worker makes it at this moment, or was killed over it. */
static void
a_mailbox_made_by_half_is_completed(void)
{
	struct storage_append p = { .date_ns = 1700000000000000000 };
	struct mailbox *box;
	char path[700];

	begin();
	snprintf(path, sizeof path, "%s/example.test", root);
	CHECK_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/example.test/alice", root);
	CHECK_INT(mkdir(path, 0700), 0);
	box = open_inbox(STORAGE_CREATE);
	CHECK(box != NULL);
	CHECK_INT(append(box, &p, STR("text")), 0);
	store->close(box);
}

void
suite_maildir(void)
{
	static const struct test tests[] = {
		{ "text comes back byte for byte", text_comes_back_byte_for_byte },
		{ "a mailbox made by half is completed", a_mailbox_made_by_half_is_completed },
		{ "the same delivery twice is one message",
		    the_same_delivery_twice_is_one_message },
		{ "what is not whole is not shown", what_is_not_whole_is_not_shown },
		{ "UIDs last and are never given twice", uids_last_and_are_never_given_twice },
		{ "a damaged uidlist is mended", a_damaged_uidlist_is_mended },
		{ "two sessions exclude each other", two_sessions_exclude_each_other },
		{ "a root without its marker defers", a_root_without_marker_defers },
		{ "hostile files are not followed", hostile_files_are_not_followed },
		{ "names of users are escaped", names_of_users_are_escaped },
		{ "names of mailboxes are Maildir++", names_of_mailboxes_are_maildir_plus_plus },
		{ "mailboxes are made, renamed and removed",
		    mailboxes_are_made_renamed_and_removed },
	};

	CHECK_SUITE("maildir", tests);
}
