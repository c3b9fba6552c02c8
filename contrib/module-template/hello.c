/* SPDX-License-Identifier: MIT */
/*
 * hello -- refuse clients that greet with a name from a list.
 *
 *	use "hello" { names = { "localhost", "friend" } }
 *
 * A template: copy the folder, rename the file and what it defines, change on_helo.
 */
#include "core/module.h"

/* What the administrator can set: filled in by the server before `start`. */
struct hello {
	const struct option_list *names;
	const char *reply;
};

static const struct option options[] = {
	OPTION_LIST(struct hello, names, "localhost", "names that no honest client has"),
	OPTION_STRING(
	    struct hello, reply, "That is not your name", "what to tell those who use one"),
	OPTION_END,
};

/* Asked after each EHLO, HELO or LHLO. STEP_NEXT: no opinion, the next one is asked. */
static enum step
on_helo(struct tx *tx, void *conf)
{
	const struct hello *set = conf;

	for (size_t i = 0; i < set->names->count; i++)
		if (str_eq_nocase(tx_helo(tx), str_of(set->names->items[i])))
			return tx_reject(tx, 550, "5.7.1", set->reply);
	return STEP_NEXT;
}

/* clang-format off */
MODULE(hello) = {
	.abi       = MODULE_ABI,
	.summary   = "refuse clients that greet with a name from a list",
	.conf_size = sizeof(struct hello),
	.options   = options,
	.on        = { [STAGE_HELO] = on_helo },
};
