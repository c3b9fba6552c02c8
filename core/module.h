/* SPDX-License-Identifier: MIT */
/*
 * module -- everything that a module or filter may use, and what it has to define.
 *
 * A module is one constant struct:
 *
 *	MODULE(name) = {
 *		.abi     = MODULE_ABI,
 *		.summary = "what it does, in one line",
 *		.on      = { [STAGE_RCPT] = on_rcpt },
 *	};
 *
 * Found by libltdl under the name NAME_LTX_module, and as postern_module, so that its file may be
 * renamed. Loaded by the checker and then by each worker; never unloaded.
 */
#ifndef CORE_MODULE_H
#define CORE_MODULE_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/crc32c.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/base/str.h"
#include "core/policy/option.h"
#include "core/policy/stage.h"
#include "core/policy/verdict.h"
#include "core/session/protocol.h"
#include "core/session/tx.h"
#include "core/delivery/deliverer.h"
#include "core/store/storage.h"
#include "core/store/store.h"
#include "core/process/lookup.h"
#include "core/text/address.h"
#include "core/text/date.h"
#include "core/text/encode.h"
#include "core/text/header.h"

/*
 * The binary interface. Major: nothing built against another one loads. Minor: what was
 * appended; a core loads modules built for its own minor or an older one.
 */
#define MODULE_ABI_MAJOR 1
#define MODULE_ABI_MINOR 0

struct module_abi {
	uint32_t size; /* of struct module where the module was built */
	uint16_t major, minor;
	uint32_t option_size, protocol_size, deliverer_size, storage_size, lookup_size;
	uint32_t needs; /* capabilities of the core, MODULE_NEEDS_* */
};

/* Capabilities that a module may need; a core without one of them refuses it by name. */
enum { MODULE_NEEDS_NOTHING = 0 };

#define MODULE_ABI \
	{ \
		sizeof(struct module), MODULE_ABI_MAJOR, MODULE_ABI_MINOR, sizeof(struct option), \
		    sizeof(struct protocol), sizeof(struct deliverer), sizeof(struct storage), \
		    sizeof(struct lookup), MODULE_NEEDS_NOTHING \
	}

struct fact; /* named values that a module can find out; their place, not yet used */

struct module {
	struct module_abi abi;
	const char *summary;

	size_t conf_size;             /* bytes of the configuration struct that handlers get */
	const struct option *options; /* or NULL */
	size_t worker_size;           /* bytes of state for each worker: module_worker_state() */
	size_t tx_size;               /* bytes of state for each transaction: tx_state() */

	/* Once in each worker, before anything else; -1 with a sentence refuses to start. May be NULL. */
	int (*start)(void *conf, struct err *);
	void (*stop)(void *conf);

	handler_fn *on[STAGE_SLOTS];
	const struct fact *facts; /* NULL */

	/* At most one of these abilities. */
	const struct protocol *protocol;
	const struct filter *filter; /* NULL: body filters have their place here */
	const struct deliverer *deliverer;
	const struct storage *storage;
	const struct lookup *lookup;
};

/* clang-format off */
#define MODULE(name_)                                                                              \
	extern __attribute__((visibility("default"))) const struct module name_##_LTX_module;      \
	extern __attribute__((visibility("default"), alias(#name_ "_LTX_module")))                 \
	    const struct module postern_module;                                                    \
	extern __attribute__((visibility("default"))) const char postern_module_name[];            \
	const char postern_module_name[] = #name_;                                                 \
	const struct module name_##_LTX_module
/* clang-format on */

#pragma GCC visibility push(default)

/* The calling module's state of this worker, `worker_size` bytes, zeroed before start. */
void *module_worker_state(void *conf);

/* From any thread: call `fn(arg)` on the worker's loop. */
void module_post(void (*fn)(void *arg), void *arg);

#pragma GCC visibility pop
#endif
