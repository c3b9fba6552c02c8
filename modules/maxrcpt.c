/* SPDX-License-Identifier: MIT */
/* maxrcpt -- limit the recipients of one transaction (RFC 5321, 4.5.3.1.8). */
#include "core/module.h"

struct maxrcpt {
	int64_t limit;
};

static const struct option options[] = {
	OPTION_INT(struct maxrcpt, limit, 1000, "recipients accepted per transaction"), OPTION_END
};

static enum step
on_rcpt(struct tx *tx, void *conf)
{
	const struct maxrcpt *set = conf;

	if ((int64_t)tx_rcpt_count(tx) < set->limit)
		return STEP_NEXT;
	return tx_defer(tx, 452, "4.5.3", "Too many recipients");
}

MODULE(maxrcpt) = {
	.abi = MODULE_ABI,
	.summary = "limit the recipients of one transaction",
	.conf_size = sizeof(struct maxrcpt),
	.options = options,
	.on = { [STAGE_RCPT] = on_rcpt },
};
