/* SPDX-License-Identifier: MIT */
/* The first byte: how long the pattern is; the rest of the input is the subject. Captures stay in it. */
#include "core/policy/script_pattern.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <setjmp.h>

enum { STEPS_MAX = 100000 };

static jmp_buf enough;

static void
charge(void *arg, unsigned steps)
{
	unsigned *left = arg;

	if (*left < steps)
		longjmp(enough, 1);
	*left -= steps;
}

FUZZ(script_pattern)
{
	static struct pattern p;
	static struct pattern_match m;
	static unsigned left;
	struct str in = { (const char *)input, size }, text;

	if (size == 0)
		return 0;
	in = str_from(in, 1);
	text = (struct str){ in.p, input[0] < in.len ? input[0] : in.len };
	left = STEPS_MAX;
	m = (struct pattern_match){
		.subject = str_from(in, text.len), .charge = charge, .arg = &left
	};
	if (pattern_compile(&p, text, true) != NULL || setjmp(enough) != 0)
		return 0;
	for (size_t at = 0; at <= m.subject.len; at++) {
		if (!pattern_try(&p, &m, m.subject.p + at))
			continue;
		assert(m.end >= m.subject.p + at && m.end <= m.subject.p + m.subject.len);
		for (size_t i = 0; i < m.capture_count; i++)
			assert(m.captures[i].len == CAPTURE_POSITION ||
			       (m.captures[i].len >= 0 && m.captures[i].start + m.captures[i].len <=
							      m.subject.p + m.subject.len));
	}
	return 0;
}
