/* SPDX-License-Identifier: MIT */
/* odd -- modules that a server must refuse, each in its own way: one file, a define for each. */
#include "core/module.h"

#ifdef ODD_MAJOR
#	undef MODULE_ABI_MAJOR
#	define MODULE_ABI_MAJOR 2
#endif
#ifdef ODD_MINOR
#	undef MODULE_ABI_MINOR
#	define MODULE_ABI_MINOR 3
#endif
#ifdef ODD_SIZE
struct larger {
	struct storage storage;
	void *one_more;
};
#	define storage larger
#endif
#ifdef ODD_NEEDS
#	define MODULE_NEEDS_NOTHING 0x40
#endif

#ifdef ODD_SYMBOL
void there_is_no_such_function(void);
#endif

static enum step
on_rcpt(struct tx *tx, void *conf)
{
	(void)tx, (void)conf;
#ifdef ODD_SYMBOL
	there_is_no_such_function();
#endif
	return STEP_NEXT;
}

#ifdef ODD_TWICE
static const struct lookup lookup = { .size = sizeof lookup };
static const struct deliverer deliverer = { .size = sizeof deliverer };
#endif

#ifdef ODD_OPTION
static const struct option options[] = {
	{ "wide", OPTION_IS_INT, 4, "1", "lies half outside" },
	OPTION_END,
};
#endif

#ifdef ODD_NAMELESS
extern __attribute__((visibility("default"))) const int something_else;
const int something_else = 1;
static const struct module nameless __attribute__((unused)) = {
#else
MODULE(odd) = {
#endif
	.abi = MODULE_ABI,
#ifdef ODD_TWICE
	.lookup = &lookup,
	.deliverer = &deliverer,
#endif
#ifdef ODD_OPTION
	.conf_size = 8,
	.options = options,
#endif
#ifndef ODD_SUMMARY
	.summary = "a module that is odd",
#endif
#ifdef ODD_STAGE
	.on[STAGE_SLOTS - 1] = on_rcpt,
#endif
	.on[STAGE_RCPT] = on_rcpt,
};
