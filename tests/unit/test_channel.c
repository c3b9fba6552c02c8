/* SPDX-License-Identifier: MIT */
#include "core/loop/channel.h"
#include "core/loop/loop.h"
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct seen {
	int messages, fds, over;
	char last[64];
	size_t last_len;
	int kept_fd;
	bool close_at_once, close_fds;
};

static struct loop *loop;

static void
on_message(struct channel *c, struct str message, const int *fds, size_t count, void *owner)
{
	struct seen *s = owner;

	s->over += message.len == 0;
	s->messages += message.len > 0;
	s->fds += (int)count;
	s->last_len = message.len;
	snprintf(
	    s->last, sizeof s->last, "%.*s", message.len < 40 ? (int)message.len : 40, message.p);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 == count && !s->close_fds)
			s->kept_fd = fds[i];
		else
			close(fds[i]);
	}
	if (s->close_at_once)
		channel_close(c);
}

static struct channel *
begin(struct seen *s, int *other)
{
	int fds[2];

	loop = loop_create();
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	*other = fds[1];
	return channel_adopt_take(loop, fds[0], on_message, s);
}

static void
settle(void)
{
	int quiet = 0;

	for (int i = 0; i < 1000 && quiet < 2; i++)
		quiet = loop_turn(loop, false, 0) ? 0 : quiet + 1;
}

static void
messages_and_descriptors_arrive(void)
{
	struct seen a = { 0 }, b = { 0 };
	int other, pipe_fds[2];
	struct channel *one = begin(&a, &other),
		       *two = channel_adopt_take(loop, other, on_message, &b);
	char got[8] = "";

	CHECK_INT(pipe2(pipe_fds, O_CLOEXEC), 0);
	CHECK_INT(channel_send(one, STR("first"), NULL, 0), 0);
	CHECK_INT(channel_send(one, STR("second"), pipe_fds, 2), 0);
	close(pipe_fds[1]);
	CHECK_INT(b.messages, 0);
	settle();
	CHECK_INT(b.messages, 2);
	CHECK_TEXT(b.last, "second");
	CHECK_INT(b.fds, 2);
	CHECK((fcntl(b.kept_fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK_INT(write(b.kept_fd, "hi", 2), 2);
	CHECK_INT(read(pipe_fds[0], got, sizeof got), 2);
	close(b.kept_fd);
	close(pipe_fds[0]);
	channel_close(one);
	channel_close(one);
	settle();
	CHECK_INT(b.over, 1);
	CHECK_INT(a.over, 0);
	CHECK_INT(channel_send(two, STR("x"), NULL, 0), -1);
	channel_close(two);
	loop_destroy(loop);
}

static void
what_the_other_end_cannot_take_waits_up_to_a_maximum(void)
{
	static char big[CHANNEL_MESSAGE_MAX];
	struct seen s = { 0 }, t = { .close_fds = true };
	int other, sent = 0;
	struct channel *c = begin(&s, &other);

	memset(big, 'x', sizeof big);
	CHECK_INT(channel_send(c, (struct str){ big, sizeof big + 1 }, NULL, 0), -1);
	CHECK_INT(channel_send(c, STR(""), NULL, 0), -1);
	while (channel_send(c, (struct str){ big, sizeof big }, &other, 1) == 0)
		sent++;
	CHECK(sent >= CHANNEL_QUEUE_MAX / CHANNEL_MESSAGE_MAX && sent < 200);
	settle();
	(void)channel_adopt_take(loop, dup(other), on_message, &t);
	settle();
	CHECK_INT(t.messages, sent);
	CHECK_INT(t.last_len, sizeof big);
	close(other);
	loop_destroy(loop);
}

/* A worker that a plug-in has broken: more than a message may hold ends the channel, nothing else. */
static void
a_message_that_is_too_large_ends_the_channel(void)
{
	static char big[CHANNEL_MESSAGE_MAX + 1];
	struct seen s = { 0 };
	int other;

	(void)begin(&s, &other);
	CHECK_INT(send(other, big, sizeof big, 0), sizeof big);
	CHECK_INT(send(other, "x", 1, 0), 1);
	settle();
	CHECK_INT(s.over, 1);
	CHECK_INT(s.messages, 0);
	close(other);
	loop_destroy(loop);
}

static void
too_many_descriptors_end_the_channel_and_are_closed(void)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE((CHANNEL_FDS_MAX + 1) * sizeof(int))];
	} control = { 0 };
	struct iovec v = { (char[]){ "x" }, 1 };
	struct msghdr h = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control.bytes };
	struct seen s = { 0 };
	int other, fds[CHANNEL_FDS_MAX + 1], before, after;

	(void)begin(&s, &other);
	before = dup(0);
	for (int i = 0; i <= CHANNEL_FDS_MAX; i++)
		fds[i] = 0;
	CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
	CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
	CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), fds, sizeof fds);
	CHECK_INT(sendmsg(other, &h, 0), 1);
	settle();
	CHECK_INT(s.over, 1);
	CHECK_INT(s.messages, 0);
	after = dup(0);
	CHECK_INT(after, before + 1); /* none of them stayed open */
	close(before);
	close(after);
	close(other);
	loop_destroy(loop);
}

static void
a_channel_may_be_closed_by_its_own_message(void)
{
	struct seen s = { .close_at_once = true };
	int other;

	(void)begin(&s, &other);
	CHECK_INT(send(other, "a", 1, 0), 1);
	CHECK_INT(send(other, "b", 1, 0), 1);
	settle();
	CHECK_INT(s.messages, 1);
	close(other);
	loop_destroy(loop);
}

/* The end of a process can be known before the loop has looked at its channel. */
static void
what_has_arrived_can_be_told_at_once(void)
{
	struct seen s = { 0 };
	int other;
	struct channel *c = begin(&s, &other);

	CHECK_INT(send(other, "a", 1, 0), 1);
	CHECK_INT(send(other, "last", 4, 0), 4);
	CHECK_INT(s.messages, 0);
	channel_drain(c);
	CHECK_INT(s.messages, 2);
	CHECK_TEXT(s.last, "last");
	CHECK_INT(s.over, 0);
	close(other);
	channel_drain(c);
	CHECK_INT(s.over, 1);
	channel_drain(c);
	CHECK_INT(s.over, 1);
	channel_close(c);
	loop_destroy(loop);
}

void
suite_channel(void)
{
	static const struct test tests[] = {
		{ "messages and descriptors arrive, and then the end",
		    messages_and_descriptors_arrive },
		{ "what the other end cannot take waits, up to a maximum",
		    what_the_other_end_cannot_take_waits_up_to_a_maximum },
		{ "a message that is too large ends the channel",
		    a_message_that_is_too_large_ends_the_channel },
		{ "too many descriptors end the channel and are closed",
		    too_many_descriptors_end_the_channel_and_are_closed },
		{ "a channel may be closed by its own message",
		    a_channel_may_be_closed_by_its_own_message },
		{ "what has arrived can be told at once", what_has_arrived_can_be_told_at_once },
	};

	CHECK_SUITE("channel", tests);
}
