/* SPDX-License-Identifier: MIT */
/*
 * tx_wait -- handlers that wait: a handle crosses the wait, never a pointer.
 *
 * Each wait has a handle of its own that dies with it, so a second completion, or one that comes
 * after the client left or the deadline passed, finds nothing and is dropped silently.
 */
#include "core/base/log.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/process/server.h"
#include "core/session/tx_parts.h"

#include <assert.h>

/* The handles of the one server that a process has. */
static struct ref_table *handles;

bool
tx_is_waiting(const struct tx *tx)
{
	return tx->ask.wait.generation != 0;
}

struct ref
tx_wait(struct tx *tx)
{
	assert(tx->magic == TX_MAGIC);
	assert(tx->ask.in_handler);
	assert(!tx_is_waiting(tx));
	handles = tx->options.server->refs;
	tx->ask.wait = ref_add(handles, tx);
	tx->ask.cancel = NULL;
	return tx->ask.wait;
}

struct tx *
tx_of(struct ref ref)
{
	struct tx *tx = handles != NULL ? ref_get(handles, ref) : NULL;

	/* The table holds other things too: each begins with its magic number. */
	return tx != NULL && tx->magic == TX_MAGIC ? tx : NULL;
}

void
tx_on_cancel(struct tx *tx, void (*cancel)(void *arg), void *arg)
{
	assert(tx_is_waiting(tx));
	tx->ask.cancel = cancel;
	tx->ask.cancel_arg = arg;
}

void
tx_end_wait(struct tx *tx, bool cancelled)
{
	void (*cancel)(void *arg) = tx->ask.cancel;

	if (!tx_is_waiting(tx))
		return;
	timer_stop(&tx->deadline);
	ref_end(handles, tx->ask.wait);
	tx->ask.wait = (struct ref){ 0 };
	tx->ask.cancel = NULL;
	if (cancelled && cancel != NULL)
		cancel(tx->ask.cancel_arg);
}

void
tx_resume(struct ref ref, enum step step)
{
	struct tx *tx = tx_of(ref);

	if (tx == NULL)
		return;
	/* Inside the call that began the wait, going on would turn the order of things around. */
	if (tx->ask.in_handler) {
		log_warning("%s resumed inside of its own call: dropped", tx->ask.asked->name);
		tx_end_wait(tx, false);
		return;
	}
	tx->ask.waited_ms = clock_ms(tx->options.server->loop) - tx->ask.wait_began_ms;
	tx_end_wait(tx, false);
	if (step == STEP_WAIT)
		step = tx_fail(tx, "resumed without a decision");
	tx_settle(tx, step);
	tx_run(tx);
}
