/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/module.h"
#include "core/process/auth.h"
#include "core/process/auth_wire.h"
#include "tests/lib/check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a source of users that remembers what it was asked */

static char asked[8192];
static pthread_mutex_t asked_lock = PTHREAD_MUTEX_INITIALIZER;

static void
remember(struct str local, struct str domain)
{
	pthread_mutex_lock(&asked_lock);
	snprintf(asked, sizeof asked, "%.*s@%.*s", STR_FMT(local), STR_FMT(domain));
	pthread_mutex_unlock(&asked_lock);
}

static int
find_user(void *conf, struct arena *arena, struct str local, struct str domain,
    struct lookup_user *user, struct err *err)
{
	(void)conf;
	if (str_eq(local, STR("broken")))
		return err_set(err, "the disk is on fire");
	user->name = str_of(arena_printf(arena, "%.*s@%.*s", STR_FMT(local), STR_FMT(domain)));
	user->disabled = str_eq(local, STR("locked"));
	return str_eq(local, STR("alice")) || user->disabled;
}

static int
check_password(
    void *conf, struct str local, struct str domain, struct str password, struct err *err)
{
	(void)conf;
	remember(local, domain);
	if (str_eq(local, STR("broken")))
		return err_set(err, "the disk is on fire");
	return str_eq(password, STR("secret")) &&
	       (str_eq(local, STR("alice")) || str_eq(local, STR("locked")));
}

static const struct lookup lookup = {
	.size = sizeof lookup, .find_user = find_user, .check_password = check_password
};
static const struct module source = { .lookup = &lookup };
static struct config_use use = { .name = "source", .module = &source };
static struct config_domain domains[] = {
	{ .name = "far.test", .users = "" },
	{ .name = "example.test", .users = "source" },
	{ .name = "other.test", .users = "source" },
	{ .name = "lost.test", .users = "nobody" },
};
static const struct config config = {
	.domains = domains, .domain_count = 4, .uses = &use, .use_count = 1
};

/* ---- asking, and waiting for the answer */

struct answer {
	bool came;
	enum auth_result result;
	char user[300];
};

static void
on_answer(enum auth_result result, struct str user, void *arg)
{
	struct answer *a = arg;

	CHECK(!a->came);
	a->came = true;
	a->result = result;
	snprintf(a->user, sizeof a->user, "%.*s", STR_FMT(user));
}

static struct answer
wait_for(struct loop *loop, struct answer *a)
{
	CHECK(!a->came); /* never inside the call */
	for (int i = 0; i < 2000 && !a->came; i++)
		loop_turn(loop, true, 10);
	CHECK(a->came);
	return *a;
}

static struct answer
check(struct loop *loop, struct auth *auth, struct str name, struct str password)
{
	struct answer a = { 0 };

	auth_check(auth, name, password, "smtp", on_answer, &a);
	return wait_for(loop, &a);
}

static struct answer
find(struct loop *loop, struct auth *auth, struct str local, struct str domain)
{
	struct answer a = { 0 };

	auth_find(auth, local, domain, on_answer, &a);
	return wait_for(loop, &a);
}

static void
ask_everything(struct loop *loop, struct auth *auth)
{
	static const struct {
		struct str name, password;
		enum auth_result result;
		const char *user;
	} rows[] = {
		{ STR("alice@example.test"), STR("secret"), AUTH_OK, "alice@example.test" },
		{ STR("alice"), STR("secret"), AUTH_OK, "alice@example.test" },
		{ STR("alice@OTHER.test"), STR("secret"), AUTH_OK, "alice@other.test" },
		{ STR("alice"), STR("Secret"), AUTH_DENIED, "" },
		{ STR("bob"), STR("secret"), AUTH_DENIED, "" },
		{ STR("locked"), STR("secret"), AUTH_DENIED, "" },
		{ STR("alice@far.test"), STR("secret"), AUTH_DENIED, "" },
		{ STR("alice@nowhere.test"), STR("secret"), AUTH_DENIED, "" },
		{ STR("alice@lost.test"), STR("secret"), AUTH_UNAVAILABLE, "" },
		{ STR("broken"), STR("secret"), AUTH_UNAVAILABLE, "" },
		{ STR(""), STR(""), AUTH_DENIED, "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct answer a = check(loop, auth, rows[i].name, rows[i].password);

		CHECK_INT_AT(a.result, rows[i].result, rows[i].name.p);
		CHECK_STR_AT(str_of(a.user), str_of(rows[i].user), rows[i].name.p);
	}
	CHECK_INT(find(loop, auth, STR("alice"), STR("example.test")).result, AUTH_OK);
	CHECK_INT(find(loop, auth, STR("bob"), STR("example.test")).result, AUTH_NO_USER);
	CHECK_INT(find(loop, auth, STR("alice"), STR("nowhere.test")).result, AUTH_NO_USER);
	CHECK_INT(find(loop, auth, STR("alice"), STR("lost.test")).result, AUTH_UNAVAILABLE);
	CHECK_INT(find(loop, auth, STR("broken"), STR("example.test")).result, AUTH_UNAVAILABLE);
}

static void
users_are_checked_in_the_same_process(void)
{
	struct loop *loop = loop_create();
	struct auth *auth = auth_local(loop, &config);

	ask_everything(loop, auth);
	auth_close(auth);
	loop_destroy(loop);
}

static void
users_are_checked_over_a_socket(void)
{
	struct loop *loop = loop_create();
	struct auth_service *service = auth_service_create(loop, &config);
	struct auth *auth;
	int ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	auth_service_add_take(service, ends[0]);
	auth = auth_connect_take(loop, ends[1]);
	ask_everything(loop, auth);
	auth_close(auth);
	auth_service_destroy(service);
	loop_destroy(loop);
}

/* THREATS A8: none of these reaches a source; each costs it the same work as any other name. */
static void
names_that_cannot_be_are_denied_after_the_same_work(void)
{
	static char lots[65536];
	static const struct str names[] = { STR("%u/../x y"), STR("../../etc\n"),
		STR("user@dom\0x"), STR("al\xff"), STR("a\r\nb"), STR("alice@[127.0.0.1]"),
		STR("@example.test"), STR("alice@"), { lots, sizeof lots } };
	struct loop *loop = loop_create();
	struct auth *auth = auth_local(loop, &config);

	memset(lots, 'a', sizeof lots);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		strcpy(asked, "not asked");
		CHECK_INT_AT(
		    check(loop, auth, names[i], STR("secret")).result, AUTH_DENIED, names[i].p);
		CHECK_STR_AT(str_of(asked), STR("@"), names[i].p);
	}
	auth_close(auth);
	loop_destroy(loop);
}

/* THREATS A10: an auth process that is not there, or dies with a question in hand. */
static void
nobody_is_let_in_while_the_auth_process_is_away(void)
{
	struct loop *loop = loop_create();
	struct auth *auth = auth_connect_take(loop, -1);
	struct auth_service *service;
	struct answer a = { 0 };
	int ends[2];

	CHECK_INT(check(loop, auth, STR("alice"), STR("secret")).result, AUTH_UNAVAILABLE);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	auth_reconnect_take(auth, ends[1]);
	auth_check(auth, STR("alice"), STR("secret"), "smtp", on_answer, &a);
	close(ends[0]);
	CHECK_INT(wait_for(loop, &a).result, AUTH_UNAVAILABLE);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	service = auth_service_create(loop, &config);
	auth_service_add_take(service, ends[0]);
	auth_reconnect_take(auth, ends[1]);
	CHECK_INT(check(loop, auth, STR("alice"), STR("secret")).result, AUTH_OK);
	auth_service_destroy(service);
	auth_close(auth);
	loop_destroy(loop);
}

/* Mail that was accepted is not put off because the process that knows its mailbox starts a moment later. */
static void
who_asks_for_a_mailbox_waits_for_the_auth_process(void)
{
	struct loop *loop = loop_create();
	struct auth *auth = auth_connect_take(loop, -1);
	struct auth_service *service = auth_service_create(loop, &config);
	struct answer early = { 0 }, interrupted = { 0 };
	int ends[2];

	auth_find(auth, STR("alice"), STR("example.test"), on_answer, &early);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	auth_reconnect_take(auth, ends[1]);
	auth_find(auth, STR("bob"), STR("example.test"), on_answer, &interrupted);
	close(ends[0]);
	loop_turn(loop, true, 20);
	CHECK(!early.came && !interrupted.came);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	auth_service_add_take(service, ends[0]);
	auth_reconnect_take(auth, ends[1]);
	for (int i = 0; i < 2000 && !(early.came && interrupted.came); i++)
		loop_turn(loop, true, 10);
	CHECK(early.came && early.result == AUTH_OK);
	CHECK(interrupted.came && interrupted.result == AUTH_NO_USER);
	auth_service_destroy(service);
	auth_close(auth);
	loop_destroy(loop);
}

static void
an_answer_that_never_comes_is_given_up(void)
{
	struct loop *loop = loop_create();
	struct answer a = { 0 };
	struct auth *auth;
	int ends[2];

	clock_fake(loop, 0);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	auth = auth_connect_take(loop, ends[1]);
	auth_check(auth, STR("alice"), STR("secret"), "smtp", on_answer, &a);
	loop_turn(loop, false, 0);
	clock_advance(loop, 9999);
	loop_turn(loop, false, 0);
	CHECK(!a.came);
	clock_advance(loop, 1);
	CHECK_INT(wait_for(loop, &a).result, AUTH_UNAVAILABLE);
	auth_close(auth);
	close(ends[0]);
	loop_destroy(loop);
}

static void
a_cancelled_question_is_not_answered(void)
{
	struct loop *loop = loop_create();
	struct auth *auth = auth_local(loop, &config);
	struct answer a = { 0 };

	auth_cancel(auth_check(auth, STR("alice"), STR("secret"), "smtp", on_answer, &a));
	CHECK_INT(check(loop, auth, STR("alice"), STR("secret")).result, AUTH_OK);
	CHECK(!a.came);
	auth_close(auth);
	loop_destroy(loop);
}

/* A worker that a plug-in has broken says anything; others are served. */
static void
garbage_ends_only_its_own_connection(void)
{
	struct loop *loop = loop_create();
	struct auth_service *service = auth_service_create(loop, &config);
	int good[2], bad[2];
	struct auth *auth;
	char byte;

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, good), 0);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, bad), 0);
	auth_service_add_take(service, good[0]);
	auth_service_add_take(service, bad[0]);
	auth = auth_connect_take(loop, good[1]);
	CHECK_INT(write(bad[1], "garbage", 7), 7);
	CHECK_INT(check(loop, auth, STR("alice"), STR("secret")).result, AUTH_OK);
	CHECK_INT(read(bad[1], &byte, 1), 0);
	close(bad[1]);
	auth_close(auth);
	auth_service_destroy(service);
	loop_destroy(loop);
}

static void
messages_are_read_as_they_were_written(void)
{
	struct auth_message m = { { 7, 0xfffffffe }, AUTH_FIND, AUTH_NO_USER,
		{ STR("a\0b"), STR(""), STR("\xff") } },
			    r;
	struct buf b;

	buf_init(&b, AUTH_WIRE_MAX);
	CHECK_INT(auth_encode(&m, &b), 0);
	CHECK(auth_decode(buf_str(&b), &r));
	CHECK(r.id.slot == 7 && r.id.generation == 0xfffffffe && r.kind == AUTH_FIND &&
	      r.result == AUTH_NO_USER);
	for (int i = 0; i < 3; i++)
		CHECK_STR(r.text[i], m.text[i]);
	for (size_t len = 0; len < b.len; len++)
		CHECK(!auth_decode((struct str){ b.p, len }, &r));
	buf_add_byte(&b, 'x');
	CHECK(!auth_decode(buf_str(&b), &r));
	buf_free(&b);
}

void
suite_auth(void)
{
	static const struct test tests[] = {
		{ "users are checked in the same process", users_are_checked_in_the_same_process },
		{ "users are checked over a socket", users_are_checked_over_a_socket },
		{ "names that cannot be are denied after the same work",
		    names_that_cannot_be_are_denied_after_the_same_work },
		{ "nobody is let in while the auth process is away",
		    nobody_is_let_in_while_the_auth_process_is_away },
		{ "who asks for a mailbox waits for the auth process",
		    who_asks_for_a_mailbox_waits_for_the_auth_process },
		{ "an answer that never comes is given up",
		    an_answer_that_never_comes_is_given_up },
		{ "a cancelled question is not answered", a_cancelled_question_is_not_answered },
		{ "garbage ends only its own connection", garbage_ends_only_its_own_connection },
		{ "messages are read as they were written",
		    messages_are_read_as_they_were_written },
	};

	CHECK_SUITE("auth", tests);
}
