/* SPDX-License-Identifier: MIT */
/* story_run -- plays the client of a story and compares what the server says. */
#include "core/base/arena.h"
#include "core/story/story.h"
#include "core/story/story_expect.h"
#include "core/story/story_peer.h"
#include "core/story/world.h"
#include "core/text/unit.h"

#include <string.h>

enum { DIALOGUE_MAX = 256 * 1024, LOG_TAIL = 4000, REPLY_MAX = 64 * 1024 };

struct run {
	const struct story *story;
	enum story_mode mode;
	struct world *world;
	struct arena *arena;
	struct story_words words;
	struct story_peer peers[STORY_CONNECTIONS];
	struct str endpoints[STORY_CONNECTIONS], clients[STORY_CONNECTIONS];
	struct buf heard[STORY_CONNECTIONS]; /* lines since the last one that was sent */
	struct buf dialogue;                 /* for the report */
	struct buf line, got;
};

static int
fail(struct run *r, const struct story_step *step, const char *wanted, struct str got)
{
	buf_printf(&r->dialogue, "%s:%d: wanted: %s%.*s\n", r->story->path, step->line, wanted,
	    STR_FMT(step->text));
	buf_printf(&r->dialogue, "%s:%d: got:    %.*s\n", r->story->path, step->line, STR_FMT(got));
	return -1;
}

/* Connect where the story speaks for the first time, or again after `client`. */
static int
connected(struct run *r, unsigned c)
{
	struct err err = { 0 };
	int fd;

	if (r->peers[c].fd >= 0)
		return 0;
	fd = world_connect(r->world, r->endpoints[c], r->clients[c], &err);
	if (fd < 0) {
		buf_printf(&r->dialogue, "cannot connect: %s\n", err.text);
		return -1;
	}
	peer_open(&r->peers[c], fd, r->mode == STORY_TCP_BYTES);
	return 0;
}

static bool
all_peers_turn(struct run *r)
{
	bool moved = false;

	for (unsigned c = 0; c < STORY_CONNECTIONS; c++)
		moved = peer_turn(&r->peers[c]) || moved;
	return moved;
}

/* Let bytes move and the server work, once; false where nothing more will come. */
static bool
wait_for_more(struct run *r, unsigned c)
{
	return all_peers_turn(r) || world_wait(r->world, r->peers[c].fd);
}

static bool
next_line(struct run *r, unsigned c)
{
	struct story_peer *p = &r->peers[c];

	world_settle(r->world);
	while (!peer_line(p, &r->line)) {
		if (p->ended || !wait_for_more(r, c))
			return false;
	}
	buf_printf(&r->dialogue, "S%s: %.*s\n", c > 0 ? "2" : "", STR_FMT(buf_str(&r->line)));
	buf_printf(&r->heard[c], "%.*s\n", STR_FMT(buf_str(&r->line)));
	return true;
}

/* "250-x" before the "250 y" that is waited for, or before another "250-z". */
static bool
is_continuation(struct str line, struct str pattern)
{
	return line.len > 3 && pattern.len > 3 && line.p[3] == '-' &&
	       (pattern.p[3] == ' ' || pattern.p[3] == '-') && memcmp(line.p, pattern.p, 3) == 0 &&
	       line.p[0] >= '2' && line.p[0] <= '5';
}

static int
expect_line(struct run *r, const struct story_step *step)
{
	unsigned c = step->connection;

	if (connected(r, c) < 0)
		return -1;
	while (next_line(r, c)) {
		if (story_match(&r->words, step->text, buf_str(&r->line)))
			return 0;
		if (step->kind == STORY_EXPECT_SKIPPING ||
		    is_continuation(buf_str(&r->line), step->text))
			continue;
		return fail(r, step, "S: ", buf_str(&r->line));
	}
	return fail(
	    r, step, "S: ", r->peers[c].ended ? STR("(the server has closed)") : STR("(nothing)"));
}

static int
expect_no_line(struct run *r, const struct story_step *step)
{
	struct str rest = buf_str(&r->heard[step->connection]), line;

	while (rest.len > 0) {
		str_cut(&rest, '\n', &line);
		if (story_match(&r->words, step->text, line))
			return fail(r, step, "S! ", line);
	}
	return 0;
}

static int
expect_closed(struct run *r, const struct story_step *step)
{
	struct story_peer *p = &r->peers[step->connection];

	if (connected(r, step->connection) < 0)
		return -1;
	world_settle(r->world);
	while (!p->ended) {
		if (peer_line(p, &r->line))
			return fail(r, step, "S- ", buf_str(&r->line));
		if (!wait_for_more(r, step->connection))
			return fail(r, step, "S- ", STR("(the connection stays open)"));
	}
	if (p->in.len > 0)
		return fail(r, step, "S- ", buf_str(&p->in));
	peer_shut(p);
	buf_printf(&r->dialogue, "S-\n");
	return 0;
}

/* Bytes go out with the next wait, so that lines that stand together are sent together. */
static int
send_text(struct run *r, const struct story_step *step)
{
	struct story_peer *p = &r->peers[step->connection];
	struct str text = step->text;

	if (connected(r, step->connection) < 0)
		return -1;
	buf_clear(&r->heard[step->connection]);
	buf_printf(&r->dialogue, "C%s%s %.*s\n", step->connection > 0 ? "2" : "",
	    step->kind == STORY_SEND ? ":" : "=", text.len > 200 ? 200 : (int)text.len, text.p);
	text = story_fill(&r->words, text);
	if (step->kind == STORY_SEND_RAW)
		text = story_unescape(r->arena, text);
	peer_send(p, text);
	if (step->kind == STORY_SEND)
		peer_send(p, STR("\r\n"));
	return 0;
}

/* Everything that was sent is on its way, and what it caused has come to rest. */
static void
flush(struct run *r)
{
	for (unsigned c = 0; c < STORY_CONNECTIONS; c++)
		while (r->peers[c].fd >= 0 && r->peers[c].out.len > 0 && !r->peers[c].ended &&
		       wait_for_more(r, c))
			;
	do
		world_settle(r->world);
	while (all_peers_turn(r));
}

static int
client_closes(struct run *r, const struct story_step *step)
{
	flush(r);
	peer_close(&r->peers[step->connection]);
	world_settle(r->world);
	return 0;
}

static int
start_tls(struct run *r, const struct story_step *step)
{
	struct story_peer *p = &r->peers[step->connection];

	if (connected(r, step->connection) < 0)
		return -1;
	flush(r);
	peer_start_tls(p, step->text);
	while (peer_is_shaking_hands(p))
		if (!wait_for_more(r, step->connection))
			break;
	if (p->ended || peer_is_shaking_hands(p))
		return fail(r, step, "tls", STR("(the handshake failed)"));
	if (!peer_has_shown(p, step->text))
		return fail(r, step, "tls", STR("(the certificate is for another name)"));
	buf_printf(&r->dialogue, "(TLS)\n");
	return 0;
}

static int
set_client(struct run *r, const struct story_step *step)
{
	struct str rest = step->text, ip;

	flush(r);
	peer_close(&r->peers[step->connection]);
	buf_clear(&r->heard[step->connection]);
	str_cut(&rest, ' ', &ip);
	rest = str_trim(rest);
	r->clients[step->connection] = ip;
	r->endpoints[step->connection] = rest.len > 0 ? rest : STR("smtp");
	return 0;
}

static int
let_time_pass(struct run *r, const struct story_step *step)
{
	uint64_t ms;

	if (!unit_duration(step->text, &ms))
		return fail(r, step, "clock +", STR("(no duration)"));
	flush(r);
	world_advance(r->world, ms);
	return 0;
}

static int
expect_world(struct run *r, const struct story_step *step)
{
	flush(r);
	/* What is written a moment later, together with other things, counts as done. */
	if (r->mode == STORY_IN_PROCESS)
		world_advance(r->world, 100);
	buf_clear(&r->got);
	if (story_expect(r->world, &r->words, step->text, &r->got))
		return 0;
	return fail(r, step, "expect ", buf_str(&r->got));
}

/* clang-format off */
static int (*const plays[])(struct run *, const struct story_step *) = {
	[STORY_CLIENT]          = set_client,
	[STORY_SEND]            = send_text,
	[STORY_SEND_RAW]        = send_text,
	[STORY_CLIENT_CLOSES]   = client_closes,
	[STORY_EXPECT_LINE]     = expect_line,
	[STORY_EXPECT_SKIPPING] = expect_line,
	[STORY_EXPECT_NO_LINE]  = expect_no_line,
	[STORY_SERVER_CLOSES]   = expect_closed,
	[STORY_TLS]             = start_tls,
	[STORY_CLOCK]           = let_time_pass,
	[STORY_EXPECT_WORLD]    = expect_world,
};
/* clang-format on */

/* Why this story cannot be run in this mode, or NULL. */
static const char *
unfit(const struct story *s, enum story_mode mode)
{
	if (mode == STORY_IN_PROCESS)
		return NULL;
	if (s->needs_fake_clock)
		return "it needs a clock that can be set";
	if (mode == STORY_TCP_BYTES && s->whole_only)
		return "it needs bytes that come together";
	for (size_t i = 0; i < s->step_count; i++)
		if (s->steps[i].kind == STORY_CLIENT && !str_starts(s->steps[i].text, STR("127.")))
			return "its client is no address of this host";
	return NULL;
}

static void
tell(struct run *r, struct buf *report)
{
	struct str log = world_log(r->world);

	buf_add_str(report, buf_str(&r->dialogue));
	if (log.len > LOG_TAIL)
		log = str_from(log, log.len - LOG_TAIL);
	buf_printf(report, "log:\n%.*s", STR_FMT(log));
}

static int
play(struct run *r)
{
	for (size_t i = 0; i < r->story->step_count; i++) {
		const struct story_step *step = &r->story->steps[i];

		if (plays[step->kind](r, step) < 0)
			return -1;
	}
	return 0;
}

enum story_result
story_run(const struct story *s, enum story_mode mode, struct buf *report)
{
	struct run r = { .story = s, .mode = mode };
	const char *why = unfit(s, mode);
	struct err err = { 0 };
	int failed;

	if (why != NULL) {
		buf_add_text(report, why);
		return STORY_SKIPPED;
	}
	r.world = world_open(s, mode, &err);
	if (r.world == NULL) {
		buf_printf(report, "%s\n", err.text);
		return STORY_FAILED;
	}
	r.words.arena = r.arena = arena_create(NULL);
	buf_init(&r.dialogue, DIALOGUE_MAX);
	buf_init(&r.line, 2 * 1024 * 1024);
	buf_init(&r.got, REPLY_MAX);
	for (unsigned c = 0; c < STORY_CONNECTIONS; c++) {
		r.peers[c].fd = -1;
		r.clients[c] = STR("127.0.0.1");
		r.endpoints[c] = STR("smtp");
		buf_init(&r.heard[c], DIALOGUE_MAX);
	}
	failed = play(&r);
	if (failed < 0)
		tell(&r, report);
	for (unsigned c = 0; c < STORY_CONNECTIONS; c++) {
		peer_close(&r.peers[c]);
		buf_free(&r.heard[c]);
	}
	world_close(r.world);
	buf_free(&r.dialogue);
	buf_free(&r.line);
	buf_free(&r.got);
	arena_destroy(r.arena);
	return failed < 0 ? STORY_FAILED : STORY_PASSED;
}
