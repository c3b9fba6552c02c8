/* SPDX-License-Identifier: MIT */
/* trace -- what each handler was asked and what it said, in order; printed as one log line. */
#include "core/policy/trace.h"
#include "core/base/arena.h"
#include "core/base/buf.h"

#include <string.h>

enum {
	FIRST_STEPS = 8,
	LOOK_BACK = 16 /* handlers of one stage that may take turns and still be counted together */
};

void
trace_init(struct trace *t, struct arena *arena)
{
	*t = (struct trace){ .arena = arena };
}

/* The step that this one repeats, or NULL. */
static struct trace_step *
find_alike(struct trace *t, const struct trace_step *step)
{
	uint32_t first = t->count > LOOK_BACK ? t->count - LOOK_BACK : 0;

	if (step->note != NULL)
		return NULL;
	for (uint32_t i = t->count; i > first; i--) {
		struct trace_step *s = &t->steps[i - 1];

		if (s->by == step->by && s->stage == step->stage && s->verdict == step->verdict &&
		    s->note == NULL)
			return s;
	}
	return NULL;
}

/* Room for one more step, or NULL. */
static struct trace_step *
add_step(struct trace *t)
{
	if (t->count == TRACE_STEPS_MAX) {
		t->lost++;
		return NULL;
	}
	if (t->count == t->cap) {
		struct trace_step *old = t->steps;

		t->cap = t->cap > 0 ? t->cap * 2 : FIRST_STEPS;
		t->steps = arena_alloc(t->arena, t->cap * sizeof *t->steps);
		if (t->count > 0)
			memcpy(t->steps, old, t->count * sizeof *old);
	}
	return &t->steps[t->count++];
}

void
trace_add(struct trace *t, const struct trace_step *step)
{
	struct trace_step *s = find_alike(t, step);

	t->spent_ns += step->spent_ns;
	if (s != NULL) {
		s->count++;
		s->spent_ns += step->spent_ns;
		s->waited_ms += step->waited_ms;
		return;
	}
	s = add_step(t);
	if (s == NULL)
		return;
	*s = *step;
	s->count = 1;
	if (step->note != NULL)
		s->note = arena_copy(t->arena, step->note, strnlen(step->note, TRACE_NOTE_MAX));
}

static void
print_step(const struct trace_step *s, struct buf *b)
{
	buf_printf(b, "%s%s %s %s", b->len > 0 ? "; " : "", stage_name(s->stage), s->by,
	    verdict_name(s->verdict));
	if (s->count > 1)
		buf_printf(b, "*%u", (unsigned)s->count);
	buf_printf(b, " %lluus", (unsigned long long)((s->spent_ns + 500) / 1000));
	if (s->waited_ms > 0)
		buf_printf(b, "+%llu.%03llus", (unsigned long long)(s->waited_ms / 1000),
		    (unsigned long long)(s->waited_ms % 1000));
	if (s->note != NULL)
		buf_printf(b, " (%s)", s->note);
}

void
trace_print(const struct trace *t, struct buf *b)
{
	for (uint32_t i = 0; i < t->count; i++)
		print_step(&t->steps[i], b);
	if (t->lost > 0)
		buf_printf(b, "; and %u more", (unsigned)t->lost);
}
