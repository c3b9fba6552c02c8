/* SPDX-License-Identifier: MIT */
/* nearest -- which name was meant (edit distance with exchanged neighbours). */
#include "core/base/nearest.h"

#include <string.h>

enum { LONGEST = 40 };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be put, taken, changed or exchanged with their neighbour (Damerau). */
static unsigned
distance(struct str a, struct str b)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *free_row;

	for (unsigned j = 0; j <= b.len; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			unsigned change = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			row[j] = least(change, least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		free_row = before;
		before = last;
		last = row;
		row = free_row;
	}
	return last[b.len];
}

void
nearest_try(struct nearest *n, const char *name)
{
	struct str known = str_of(name);
	unsigned far, is;

	if (n->wanted.len == 0 || n->wanted.len > LONGEST || known.len > LONGEST)
		return;
	is = distance(n->wanted, known);
	far = known.len < 4 ? 1 : (unsigned)known.len / 3 + 1;
	if (is > far || (n->best != NULL && is >= n->distance))
		return;
	n->best = name;
	n->distance = is;
}
